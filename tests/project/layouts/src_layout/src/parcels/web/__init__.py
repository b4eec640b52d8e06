from parcels.web.app import app
