/** Which documents the server is told of. */

/** The files beside Python that the server checks; the same list as `GLOBS` in server/unlag/deployment/names.py. */
const DEPLOYMENT_FILES = [
    '**/*[Dd]ockerfile*',
    '**/*[Cc]ontainerfile*',
    '**/*compose*.{yml,yaml}',
    '**/Procfile*',
    '**/*.{sh,bash}',
    '**/{entrypoint,docker-entrypoint}',
    '**/*.service',
    '**/*requirements*.{txt,in}',
    '**/requirements/*.{txt,in}',
    '**/pyproject.toml',
];

export const DOCUMENTS = [
    { scheme: 'file', language: 'python' },
    ...DEPLOYMENT_FILES.map((pattern) => ({ scheme: 'file', pattern })),
];
