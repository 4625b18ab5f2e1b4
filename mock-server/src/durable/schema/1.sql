-- The rows of all sandboxes: a table for each kind, its body as JSON. The same text serves every engine.

CREATE TABLE consents (sandbox TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, expires BIGINT, library TEXT,
    PRIMARY KEY (sandbox, key));
CREATE INDEX consents_of_library ON consents (sandbox, library);
CREATE INDEX consents_by_end ON consents (sandbox, expires);
CREATE TABLE codes (sandbox TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, expires BIGINT, library TEXT,
    PRIMARY KEY (sandbox, key));
CREATE INDEX codes_of_library ON codes (sandbox, library);
CREATE INDEX codes_by_end ON codes (sandbox, expires);
CREATE TABLE access_tokens (sandbox TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, expires BIGINT, library TEXT,
    PRIMARY KEY (sandbox, key));
CREATE INDEX access_tokens_of_library ON access_tokens (sandbox, library);
CREATE INDEX access_tokens_by_end ON access_tokens (sandbox, expires);
CREATE TABLE refresh_tokens (sandbox TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, expires BIGINT, library TEXT,
    PRIMARY KEY (sandbox, key));
CREATE INDEX refresh_tokens_of_library ON refresh_tokens (sandbox, library);
CREATE INDEX refresh_tokens_by_end ON refresh_tokens (sandbox, expires);
CREATE TABLE libraries (sandbox TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, expires BIGINT,
    PRIMARY KEY (sandbox, key));
CREATE TABLE pushed_files (sandbox TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, expires BIGINT, library TEXT, content TEXT,
    PRIMARY KEY (sandbox, key));
CREATE INDEX pushed_files_of_library ON pushed_files (sandbox, library);
CREATE TABLE pending_pushes (sandbox TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, expires BIGINT, library TEXT, content TEXT,
    PRIMARY KEY (sandbox, key));
CREATE INDEX pending_pushes_of_library ON pending_pushes (sandbox, library);
CREATE TABLE sessions (sandbox TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, expires BIGINT, library TEXT,
    PRIMARY KEY (sandbox, key));
CREATE INDEX sessions_of_library ON sessions (sandbox, library);
CREATE INDEX sessions_by_end ON sessions (sandbox, expires);
CREATE TABLE exchange_tokens (sandbox TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, expires BIGINT,
    PRIMARY KEY (sandbox, key));
CREATE INDEX exchange_tokens_by_end ON exchange_tokens (sandbox, expires);
CREATE TABLE postboxes (sandbox TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, expires BIGINT, library TEXT, session TEXT,
    PRIMARY KEY (sandbox, key));
CREATE INDEX postboxes_of_library ON postboxes (sandbox, library);
CREATE INDEX postboxes_of_session ON postboxes (sandbox, session);
CREATE TABLE account_references (sandbox TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, expires BIGINT,
    PRIMARY KEY (sandbox, key));
CREATE INDEX account_references_by_end ON account_references (sandbox, expires);
CREATE TABLE storages (sandbox TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, expires BIGINT, library TEXT,
    PRIMARY KEY (sandbox, key));
CREATE INDEX storages_of_library ON storages (sandbox, library);
CREATE TABLE storage_files (sandbox TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, expires BIGINT, storage TEXT, content TEXT,
    PRIMARY KEY (sandbox, key));
CREATE INDEX storage_files_of_storage ON storage_files (sandbox, storage);
CREATE TABLE facts (sandbox TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, expires BIGINT, library TEXT,
    PRIMARY KEY (sandbox, key));
CREATE TABLE nonces (sandbox TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, expires BIGINT,
    PRIMARY KEY (sandbox, key));
CREATE INDEX nonces_by_end ON nonces (sandbox, expires);
CREATE TABLE repeatable_requests (sandbox TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, expires BIGINT,
    PRIMARY KEY (sandbox, key));
CREATE INDEX repeatable_requests_by_end ON repeatable_requests (sandbox, expires);

-- Contents of files that are small; larger ones are outside. What no row names is swept.
CREATE TABLE contents (sandbox TEXT NOT NULL, id TEXT NOT NULL, bytes BYTES NOT NULL, PRIMARY KEY (sandbox, id));

-- The sandboxes besides the default one, with what they do differently.
CREATE TABLE sandboxes (tag TEXT NOT NULL PRIMARY KEY, body TEXT NOT NULL);
