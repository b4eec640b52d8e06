"""How the application is started and with what: development servers, debug settings, slow parts."""
