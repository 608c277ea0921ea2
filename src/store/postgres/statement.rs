//! Every statement of this engine, in one place: each is prepared when a connection is made, read by a lint for what
//! CockroachDB or YugabyteDB lack, and explained in a golden file.
//!
//! Rows are locked in one order everywhere: lease, gate, configuration, groups, users by id, resources by id,
//! accounts by id, identities by user, runs. What a lock protects is read by a later statement: one that waited for a
//! lock still sees the rows as they were when it began.

/// Makes a constant of each statement, and a list of all.
macro_rules! statements {
    ($($name:ident = $sql:expr;)*) => {
        $(pub(super) const $name: &str = $sql;)*
        /// All of them, with their names.
        pub(super) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}

statements! {
    // Transactions.
    BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED";
    BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    COMMIT = "COMMIT";
    ROLLBACK = "ROLLBACK";

    // Leases.
    TAKE_LEASE = "INSERT INTO lease (name, holder, epoch, until) \
        VALUES ($1, $2, 1, clock_timestamp() + $3::DOUBLE PRECISION * INTERVAL '1 millisecond') \
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until, \
        epoch = CASE WHEN lease.holder = excluded.holder THEN lease.epoch ELSE lease.epoch + 1 END \
        WHERE lease.holder = excluded.holder OR lease.until < clock_timestamp() RETURNING epoch";
    RELEASE_LEASES = "UPDATE lease SET until = clock_timestamp() - INTERVAL '1 second' WHERE holder = $1";
    CHECK_LEASE = "SELECT 1 FROM lease WHERE name = $1 AND holder = $2 AND epoch = $3 FOR SHARE";

    // The configuration.
    FOLLOW = "SELECT h.revision, h.epoch, (SELECT value FROM meta WHERE key = 'store_id'), \
        (SELECT coalesce(sum(value), 0)::BIGINT FROM counter WHERE name = 'moved'), \
        (SELECT position FROM chain_head WHERE one = 1) FROM head h WHERE h.one = 1";
    READ_HEAD = "SELECT revision, epoch FROM head WHERE one = 1";
    SHARE_HEAD = "SELECT 1 FROM head WHERE one = 1 FOR SHARE";
    HOLD_HEAD = "SELECT 1 FROM head WHERE one = 1 FOR UPDATE";
    READ_CONFIG = "SELECT c.revision, c.content_hash, h.epoch, c.document, c.enforced FROM head h \
        JOIN config c ON c.revision = h.revision WHERE h.one = 1";
    MOVE_HEAD = "UPDATE head SET revision = $1, epoch = $2 WHERE one = 1";
    PUT_CONFIG = "INSERT INTO config (revision, content_hash, epoch, published, document, enforced) \
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (revision) DO UPDATE SET epoch = excluded.epoch";
    FORGET_CONFIGS = "DELETE FROM config WHERE revision < $1";

    // Locks.
    ENTER_GATE = "SELECT 1 FROM gate WHERE stripe = $1 FOR SHARE";
    CLEAR_GATE = "SELECT 1 FROM gate WHERE stripe = $1 FOR UPDATE";
    SHARE_GROUPS = "SELECT id FROM \"group\" WHERE id = ANY($1) ORDER BY id FOR SHARE";
    HOLD_GROUPS = "SELECT id FROM \"group\" WHERE id = ANY($1) ORDER BY id FOR UPDATE";
    HOLD_USERS = "SELECT id FROM \"user\" WHERE id = ANY($1) ORDER BY id FOR UPDATE";
    HOLD_RESOURCES = "SELECT id FROM resource WHERE id = ANY($1) ORDER BY id FOR UPDATE";

    // Users.
    FIND_USERS = "SELECT id, account_enabled, reenabled, created, modified, version, body FROM \"user\" \
        WHERE id = ANY($1)";
    EXISTING_USERS = "SELECT id FROM \"user\" WHERE id = ANY($1)";
    NAMED_USERS = "SELECT user_name, id FROM \"user\" WHERE user_name = ANY($1)";
    GROUPS_OF_USERS = "SELECT m.user_id, g.id, g.shown_name, g.external_id FROM membership m \
        JOIN \"group\" g ON g.id = m.group_id WHERE m.user_id = ANY($1) ORDER BY m.user_id, g.id";
    GRANTS_OF_USERS = "SELECT user_id, tenant, role, application_groups, rules, source FROM access \
        WHERE user_id = ANY($1)";
    PENDING_OF_USERS = "SELECT user_id, stamp FROM pending WHERE user_id = ANY($1)";
    EVALUATIONS_OF_USERS = "SELECT u.id, (SELECT e.evaluated FROM evaluation e WHERE e.user_id = u.id), \
        (SELECT 1 FROM pending p WHERE p.user_id = u.id) IS NOT NULL, \
        (SELECT a.evaluated FROM all_evaluated a WHERE a.one = 1) FROM \"user\" u WHERE u.id = ANY($1)";
    INSERT_USER = "INSERT INTO \"user\" \
        (id, user_name, shown_name, external_id, active, account_enabled, created, modified, version, body, reenabled) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    UPDATE_USER = "UPDATE \"user\" SET user_name = $2, shown_name = $3, external_id = $4, active = $5, \
        account_enabled = $6, created = $7, modified = $8, version = $9, body = $10, reenabled = $11 WHERE id = $1";
    DELETE_USER = "DELETE FROM \"user\" WHERE id = $1";
    DELETE_MEMBERSHIPS = "DELETE FROM membership WHERE user_id = $1";
    PUT_EMAILS = "INSERT INTO user_email (email, user_id) SELECT unnest($1::TEXT[]), $2::UUID \
        ON CONFLICT (email, user_id) DO NOTHING";
    TAKE_EMAILS = "DELETE FROM user_email WHERE user_id = $1 AND email <> ALL($2::TEXT[])";
    DELETE_EMAILS = "DELETE FROM user_email WHERE user_id = $1";
    DELETE_ACCESS = "DELETE FROM access WHERE user_id = $1";
    DELETE_EVALUATION = "DELETE FROM evaluation WHERE user_id = $1";
    DELETE_PENDING = "DELETE FROM pending WHERE user_id = ANY($1)";
    TAKE_PENDING = "DELETE FROM pending p USING \
        (SELECT unnest($1::UUID[]) AS user_id, unnest($2::BIGINT[]) AS stamp) r \
        WHERE p.user_id = r.user_id AND p.stamp = r.stamp";
    EVALUATED = "INSERT INTO evaluation (user_id, evaluated) SELECT unnest($1::UUID[]), $2::BIGINT \
        ON CONFLICT (user_id) DO UPDATE SET evaluated = excluded.evaluated";
    ALL_EVALUATED = "INSERT INTO all_evaluated (one, evaluated) VALUES (1, $1) \
        ON CONFLICT (one) DO UPDATE SET evaluated = greatest(all_evaluated.evaluated, excluded.evaluated)";
    TAKE_GRANTS = "DELETE FROM access WHERE (user_id, tenant) IN (SELECT unnest($1::UUID[]), unnest($2::TEXT[]))";
    PUT_GRANTS = "INSERT INTO access (user_id, tenant, role, application_groups, rules, source) \
        SELECT unnest($1::UUID[]), unnest($2::TEXT[]), unnest($3::TEXT[]), unnest($4::TEXT[]), unnest($5::TEXT[]), \
        unnest($6::TEXT[]) ON CONFLICT (user_id, tenant) DO UPDATE SET role = excluded.role, \
        application_groups = excluded.application_groups, rules = excluded.rules, source = excluded.source";
    LET_GO = "DELETE FROM holding WHERE (rule, user_id) IN (SELECT unnest($1::TEXT[]), unnest($2::UUID[]))";
    HOLD = "INSERT INTO holding (rule, user_id) SELECT unnest($1::TEXT[]), unnest($2::UUID[]) \
        ON CONFLICT (rule, user_id) DO NOTHING";
    QUEUE_USERS = "INSERT INTO pending (user_id, stamp) SELECT id, $2::BIGINT FROM \"user\" WHERE id = ANY($1) \
        ORDER BY id ON CONFLICT (user_id) DO UPDATE SET stamp = excluded.stamp";
    QUEUE_MEMBERS = "INSERT INTO pending (user_id, stamp) SELECT user_id, $2::BIGINT FROM membership \
        WHERE group_id = $1 ORDER BY user_id ON CONFLICT (user_id) DO UPDATE SET stamp = excluded.stamp";
    BY_HAND = "SELECT 1 FROM access WHERE source <> '\"Rules\"' LIMIT 1";

    // Groups.
    FIND_GROUPS = "SELECT g.id, g.created, \
        greatest(g.modified, (SELECT max(t.modified) FROM group_touch t WHERE t.group_id = g.id)), \
        g.version + (SELECT coalesce(sum(t.touches), 0)::BIGINT FROM group_touch t WHERE t.group_id = g.id), g.body \
        FROM \"group\" g WHERE g.id = ANY($1)";
    NAMED_GROUPS = "SELECT display_name, id FROM \"group\" WHERE display_name = ANY($1)";
    INSERT_GROUP = "INSERT INTO \"group\" \
        (id, display_name, shown_name, external_id, created, modified, version, body) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    UPDATE_GROUP = "UPDATE \"group\" SET display_name = $2, shown_name = $3, external_id = $4, created = $5, \
        modified = $6, version = $7, body = $8 WHERE id = $1";
    TOUCH_GROUP = "INSERT INTO group_touch (group_id, stripe, touches, modified) VALUES ($1, $2, 1, $3) \
        ON CONFLICT (group_id, stripe) DO UPDATE SET touches = group_touch.touches + 1, \
        modified = greatest(group_touch.modified, excluded.modified)";
    DELETE_TOUCHES = "DELETE FROM group_touch WHERE group_id = $1";
    DELETE_MEMBERS = "DELETE FROM membership WHERE group_id = $1";
    DELETE_GROUP = "DELETE FROM \"group\" WHERE id = $1";
    ADD_MEMBERS = "INSERT INTO membership (group_id, user_id, cause) SELECT $1::UUID, unnest($2::UUID[]), $3::UUID \
        ON CONFLICT (group_id, user_id) DO NOTHING";
    REMOVE_MEMBERS = "WITH gone AS \
        (DELETE FROM membership WHERE group_id = $1 AND user_id = ANY($2) RETURNING user_id) \
        INSERT INTO departure (user_id, group_id, cause) SELECT user_id, $1::UUID, $3::UUID FROM gone \
        ON CONFLICT (user_id, group_id) DO UPDATE SET cause = excluded.cause";
    MEMBERS_AMONG = "SELECT user_id FROM membership WHERE group_id = $1 AND user_id = ANY($2)";
    COUNT_MEMBERS = "SELECT count(*) FROM membership WHERE group_id = $1";
    FIRST_MEMBERS = "SELECT user_id FROM membership WHERE group_id = $1 ORDER BY user_id LIMIT $2";
    REFERENCES = "SELECT m.group_id, u.id, u.shown_name FROM membership m JOIN \"user\" u ON u.id = m.user_id \
        WHERE m.group_id = ANY($1) ORDER BY m.group_id, m.user_id";
    REFERENCES_AFTER = "SELECT u.id, u.shown_name FROM membership m JOIN \"user\" u ON u.id = m.user_id \
        WHERE m.group_id = $1 AND m.user_id > $2 ORDER BY m.user_id LIMIT $3";

    GROUPS_BY_EXTERNAL_ID = "SELECT external_id, id FROM \"group\" \
        WHERE external_id = ANY($1) AND external_id IS NOT NULL";
    EXISTING_GROUPS = "SELECT id FROM \"group\" WHERE id = ANY($1)";

    // What made it so.
    PUT_NAME_GONE = "INSERT INTO name_gone (name, cause) VALUES ($1, $2) \
        ON CONFLICT (name) DO UPDATE SET cause = excluded.cause";
    PUT_STATUS = "INSERT INTO user_status (user_id, cause) VALUES ($1, $2) \
        ON CONFLICT (user_id) DO UPDATE SET cause = excluded.cause";
    DELETE_DEPARTURES = "DELETE FROM departure WHERE user_id = $1";
    DELETE_STATUS = "DELETE FROM user_status WHERE user_id = $1";
    JOINED_BY = "SELECT group_id, cause FROM membership \
        WHERE user_id = $1 AND group_id = ANY($2) AND cause IS NOT NULL";
    LEFT_BY = "SELECT group_id, cause FROM departure WHERE user_id = $1 AND group_id = ANY($2)";
    NAMES_GONE_BY = "SELECT name, cause FROM name_gone WHERE name = ANY($1)";
    STATUS_BY = "SELECT cause FROM user_status WHERE user_id = $1";

    // Accounts of people who are no users.
    HOLD_ACCOUNTS = "SELECT id, name, user_name, created, grants FROM account WHERE id IN \
        (SELECT id FROM account WHERE name = ANY($1) UNION SELECT id FROM account WHERE id = ANY($2)) \
        ORDER BY id FOR UPDATE";
    ACCOUNT_BY_ID = "SELECT id, name, user_name, created, grants FROM account WHERE id = $1";
    ACCOUNT_BY_NAME = "SELECT id, name, user_name, created, grants FROM account WHERE name = $1";
    ACCOUNTS_AFTER = "SELECT id, name, user_name, created, grants FROM account WHERE id > $1 ORDER BY id LIMIT $2";
    OTHER_ACCOUNT = "SELECT 1 FROM account WHERE name = $1 AND id <> $2";
    TAKE_NAME = "INSERT INTO \"user\" \
        (id, user_name, shown_name, active, account_enabled, created, modified, version, body) \
        SELECT $1::UUID, $2::TEXT, '', FALSE, FALSE, 0, 0, 0, '' WHERE NOT EXISTS \
        (SELECT 1 FROM account a WHERE a.id = $1::UUID)";
    LEAVE_NAME = "DELETE FROM \"user\" WHERE id = $1 AND version = 0";
    PUT_ACCOUNT = "INSERT INTO account (id, name, user_name, created, grants) VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, user_name = excluded.user_name, \
        created = excluded.created, grants = excluded.grants";
    DELETE_ACCOUNT = "DELETE FROM account WHERE id = $1";

    // Who has signed in.
    HOLD_IDENTITIES = "SELECT user_id, issuer, subject, session, bound FROM identity WHERE user_id IN \
        (SELECT user_id FROM identity WHERE user_id = ANY($1) UNION SELECT i.user_id FROM \
        (SELECT unnest($2::TEXT[]) AS issuer, unnest($3::TEXT[]) AS subject) a \
        JOIN identity i ON i.issuer = a.issuer AND i.subject = a.subject) ORDER BY user_id FOR UPDATE";
    IDENTITY_OF_USER = "SELECT user_id, issuer, subject, session, bound FROM identity WHERE user_id = $1";
    IDENTITY_OF_SUBJECT = "SELECT user_id, issuer, subject, session, bound FROM identity \
        WHERE issuer = $1 AND subject = $2";
    PUT_IDENTITY = "INSERT INTO identity (user_id, issuer, subject, session, bound) VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (user_id) DO UPDATE SET issuer = excluded.issuer, subject = excluded.subject, \
        session = excluded.session, bound = excluded.bound";
    END_SESSIONS = "UPDATE identity SET session = NULL WHERE user_id = $1";
    END_ALL_SESSIONS = "UPDATE identity SET session = NULL WHERE session IS NOT NULL";
    DELETE_IDENTITY = "DELETE FROM identity WHERE user_id = $1";

    // Failed events.
    PUT_FAILED = "INSERT INTO failed_event (id, subject, event, message) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (id) DO UPDATE SET subject = excluded.subject, event = excluded.event, message = excluded.message";
    FORGET_FAILED = "DELETE FROM failed_event WHERE id < \
        (SELECT id FROM failed_event ORDER BY id DESC LIMIT 1 OFFSET $1)";
    DELETE_FAILED = "DELETE FROM failed_event WHERE id = ANY($1)";
    FAILED_BEFORE = "SELECT id, subject, event, message FROM failed_event WHERE id < $1 ORDER BY id DESC LIMIT $2";
    FAILED_BY_ID = "SELECT id, subject, event, message FROM failed_event WHERE id = $1";
    FAILED_ABOUT = "SELECT id, subject, event, message FROM failed_event WHERE subject = ANY($1)";
    DELETE_FAILED_THAT_SAY = "DELETE FROM failed_event WHERE strpos(lower(message), $1) > 0";
    DELETE_FAILED_ABOUT = "DELETE FROM failed_event WHERE subject = ANY($1)";

    // Resources of defined types.
    FIND_RESOURCES = "SELECT id, type, created, modified, version, body FROM resource WHERE id = ANY($1)";
    KEYS_OF_RESOURCES = "SELECT id, attribute, value FROM resource_key WHERE id = ANY($1)";
    BEARERS_OF_KEYS = "SELECT k.type, k.attribute, k.value, k.id FROM \
        (SELECT unnest($1::TEXT[]) AS type, unnest($2::TEXT[]) AS attribute, unnest($3::TEXT[]) AS value) a \
        JOIN resource_key k ON k.type = a.type AND k.attribute = a.attribute AND k.value = a.value";
    INSERT_RESOURCE = "INSERT INTO resource (id, type, external_id, created, modified, version, body) \
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    UPDATE_RESOURCE = "UPDATE resource SET external_id = $2, created = $3, modified = $4, version = $5, body = $6 \
        WHERE id = $1";
    DELETE_RESOURCE = "DELETE FROM resource WHERE id = $1";
    PUT_KEYS = "INSERT INTO resource_key (type, attribute, value, id) \
        SELECT $1::TEXT, unnest($2::TEXT[]), unnest($3::TEXT[]), $4::UUID";
    FORGET_KEYS = "DELETE FROM resource_key WHERE id = $1";

    // Pages.
    USERS_AFTER = "SELECT id, account_enabled, reenabled, created, modified, version, body FROM \"user\" \
        WHERE id > $1 ORDER BY id LIMIT $2";
    USERS_BEFORE = "SELECT id, account_enabled, reenabled, created, modified, version, body FROM \"user\" \
        WHERE id < $1 AND id > $2 ORDER BY id DESC LIMIT $3";
    LAST_USERS_BEFORE = "SELECT id, account_enabled, reenabled, created, modified, version, body FROM \"user\" \
        WHERE id < $1 ORDER BY id DESC LIMIT $2";
    USERS_PAGE = "SELECT id, account_enabled, reenabled, created, modified, version, body FROM \"user\" \
        ORDER BY id LIMIT $1 OFFSET $2";
    COUNT_USERS = "SELECT count(*) FROM \"user\"";
    USERS_BY_NAME = "SELECT id, account_enabled, reenabled, created, modified, version, body FROM \"user\" \
        WHERE user_name = $1";
    USERS_BY_EXTERNAL_ID = "SELECT id, account_enabled, reenabled, created, modified, version, body FROM \"user\" \
        WHERE external_id = $1 ORDER BY id";
    USERS_BY_EMAIL = "SELECT u.id, u.account_enabled, u.reenabled, u.created, u.modified, u.version, u.body \
        FROM user_email e JOIN \"user\" u ON u.id = e.user_id WHERE e.email = $1 ORDER BY e.user_id";
    GROUP_IDS_AFTER = "SELECT id FROM \"group\" WHERE id > $1 ORDER BY id LIMIT $2";
    GROUP_IDS_BEFORE = "SELECT id FROM \"group\" WHERE id < $1 ORDER BY id DESC LIMIT $2";
    GROUP_IDS_PAGE = "SELECT id FROM \"group\" ORDER BY id LIMIT $1 OFFSET $2";
    COUNT_GROUPS = "SELECT count(*) FROM \"group\"";
    GROUP_IDS_BY_NAME = "SELECT id FROM \"group\" WHERE display_name = $1";
    GROUP_IDS_BY_EXTERNAL_ID = "SELECT id FROM \"group\" WHERE external_id = $1 ORDER BY id";
    GROUP_IDS_OF_MEMBER = "SELECT group_id FROM membership WHERE user_id = $1 ORDER BY group_id";
    RESOURCES_AFTER = "SELECT id, type, created, modified, version, body FROM resource WHERE type = $1 AND id > $2 \
        ORDER BY id LIMIT $3";
    RESOURCES_BEFORE = "SELECT id, type, created, modified, version, body FROM resource WHERE type = $1 AND id < $2 \
        ORDER BY id DESC LIMIT $3";
    RESOURCES_PAGE = "SELECT id, type, created, modified, version, body FROM resource WHERE type = $1 \
        ORDER BY id LIMIT $2 OFFSET $3";
    COUNT_RESOURCES = "SELECT count(*) FROM resource WHERE type = $1";
    RESOURCES_BY_EXTERNAL_ID = "SELECT id, type, created, modified, version, body FROM resource \
        WHERE type = $1 AND external_id = $2 ORDER BY id";
    RESOURCE_BY_KEY = "SELECT r.id, r.type, r.created, r.modified, r.version, r.body FROM resource_key k \
        JOIN resource r ON r.id = k.id WHERE k.type = $1 AND k.attribute = $2 AND k.value = $3";

    // Rules.
    RULE_STATES = "SELECT r.rule, r.synced_hash, r.synced_roles, r.last_sync, \
        (SELECT 1 FROM holding h WHERE h.rule = r.rule LIMIT 1) IS NOT NULL FROM rule_state r";
    RULE_STATE = "SELECT synced_hash, selectors FROM rule_state WHERE rule = $1";
    PUT_RULE = "INSERT INTO rule_state (rule, synced_hash, synced_roles, selectors, touched) \
        VALUES ($1, $2, $3, $4, TRUE) ON CONFLICT (rule) DO UPDATE SET synced_hash = excluded.synced_hash, \
        synced_roles = excluded.synced_roles, selectors = excluded.selectors, touched = TRUE";
    MARK_RULE = "INSERT INTO rule_state (rule, synced_hash, synced_roles, selectors, last_sync) \
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (rule) DO UPDATE SET last_sync = excluded.last_sync, \
        synced_hash = CASE WHEN rule_state.touched THEN rule_state.synced_hash ELSE excluded.synced_hash END, \
        synced_roles = CASE WHEN rule_state.touched THEN rule_state.synced_roles ELSE excluded.synced_roles END, \
        selectors = CASE WHEN rule_state.touched THEN rule_state.selectors ELSE excluded.selectors END";
    UNTOUCH_RULES = "UPDATE rule_state SET touched = FALSE WHERE touched = TRUE";
    DELETE_RULE = "DELETE FROM rule_state WHERE rule = $1";
    ANY_MEMBER = "SELECT 1 FROM membership WHERE group_id = ANY($1) LIMIT 1";
    ANY_HOLDER = "SELECT 1 FROM holding WHERE rule = $1 LIMIT 1";

    // Runs.
    RUNS_OF = "SELECT spec_hash, cursor, '[]', status, weighed FROM run WHERE uid IN \
        (SELECT uid FROM run WHERE uid = $1 UNION SELECT uid FROM run WHERE name = $2) \
        ORDER BY created DESC, uid DESC";
    HOLD_RUNS_OF = "SELECT spec_hash, cursor, CASE WHEN $3 THEN covers ELSE '[]' END, status, weighed FROM run \
        WHERE uid IN \
        (SELECT uid FROM run WHERE uid = $1 UNION SELECT uid FROM run WHERE name = $2) \
        ORDER BY created DESC, uid DESC FOR UPDATE";
    NEXT_RUN = "SELECT spec_hash, cursor, '[]', status, weighed FROM run WHERE final = FALSE \
        ORDER BY strpos(status, '\"phase\":\"Running\"') = 0, created, uid LIMIT 1";
    UNFINISHED_RUNS = "SELECT spec_hash, cursor, '[]', status, weighed FROM run WHERE final = FALSE \
        ORDER BY created DESC, uid DESC";
    ALL_RUNS = "SELECT spec_hash, cursor, '[]', status, weighed FROM run ORDER BY created DESC, uid DESC";
    INSERT_RUN = "INSERT INTO run (uid, name, spec_hash, final, created, cursor, covers, status, weighed) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    UPDATE_RUN = "UPDATE run SET final = $2, cursor = $3, status = $4, weighed = $5 WHERE uid = $1";
    COVER_RUN = "UPDATE run SET covers = $2 WHERE uid = $1";
    FORGET_RUN_USERS = "DELETE FROM run_user WHERE run_uid = $1";
    FORGET_RUNS = "DELETE FROM run WHERE final = TRUE AND uid NOT IN \
        (SELECT uid FROM run WHERE final = TRUE ORDER BY created DESC, uid DESC LIMIT $1)";
    OLDER_RUNS = "SELECT uid FROM run WHERE final = TRUE ORDER BY created DESC, uid DESC OFFSET $1";
    RUN_HOLDERS = "INSERT INTO run_user (run_uid, user_id) SELECT $1::TEXT, user_id FROM holding WHERE rule = $2 \
        ON CONFLICT (run_uid, user_id) DO NOTHING";
    RUN_MEMBERS = "INSERT INTO run_user (run_uid, user_id) SELECT $1::TEXT, user_id FROM membership \
        WHERE group_id = $2 ON CONFLICT (run_uid, user_id) DO NOTHING";
    COUNT_RUN_USERS = "SELECT count(*) FROM run_user WHERE run_uid = $1";
    NEXT_RUN_USERS = "SELECT user_id FROM run_user WHERE run_uid = $1 AND user_id > $2 ORDER BY user_id LIMIT $3";
    NEXT_USERS = "SELECT id FROM \"user\" WHERE id > $1 ORDER BY id LIMIT $2";
    PUT_RUN_CHANGES = "INSERT INTO run_change (run_uid, user_id, body) \
        SELECT $1::TEXT, unnest($2::UUID[]), unnest($3::TEXT[]) ON CONFLICT (run_uid, user_id) DO NOTHING";
    RUN_CHANGES_AFTER = "SELECT body FROM run_change WHERE run_uid = $1 AND user_id > $2 ORDER BY user_id LIMIT $3";
    FORGET_RUN_CHANGES = "DELETE FROM run_change WHERE run_uid = ANY($1)";
    FORGET_CHANGES_OF = "DELETE FROM run_change WHERE user_id = $1";

    // Passes over many people.
    SELECTORS_OF_RULES = "SELECT selectors FROM rule_state WHERE rule = ANY($1)";
    HOLDERS_OF_RULES = "SELECT user_id FROM holding WHERE rule = ANY($1)";
    MEMBERS_OF_GROUPS = "SELECT user_id FROM membership WHERE group_id = ANY($1)";
    ENABLED_OF_USERS = "SELECT id, account_enabled FROM \"user\" WHERE id = ANY($1)";
    MEMBERSHIPS_OF_USERS = "SELECT user_id, group_id FROM membership WHERE user_id = ANY($1)";
    NAMES_OF_GROUPS = "SELECT id, shown_name, external_id FROM \"group\" WHERE id = ANY($1)";
    ACTIVE_HOLDERS = "SELECT count(*) FROM access a JOIN \"user\" u ON u.id = a.user_id \
        WHERE a.tenant = $1 AND a.role = $2 AND u.account_enabled = TRUE";

    // Figures.
    FIGURES = "SELECT (SELECT count(*) FROM \"user\"), (SELECT count(*) FROM \"user\" WHERE active = TRUE), \
        (SELECT count(DISTINCT user_id) FROM holding), (SELECT count(*) FROM \"group\"), \
        (SELECT count(*) FROM pending), (SELECT count(*) FROM failed_event)";
    COUNTERS = "SELECT name, sum(value)::BIGINT, max(value) FROM counter GROUP BY name";
    TOKEN_USES = "SELECT token_id, used FROM token_use";
    PENDING_USERS = "SELECT user_id FROM pending ORDER BY user_id LIMIT $1";
    COUNT = "INSERT INTO counter (name, stripe, value) VALUES ($1, $2, $3) \
        ON CONFLICT (name, stripe) DO UPDATE SET value = counter.value + excluded.value";
    LATEST = "INSERT INTO counter (name, stripe, value) VALUES ($1, 0, $2) \
        ON CONFLICT (name, stripe) DO UPDATE SET value = greatest(counter.value, excluded.value)";
    TOKEN_USED = "INSERT INTO token_use (token_id, used) VALUES ($1, $2) \
        ON CONFLICT (token_id) DO UPDATE SET used = greatest(token_use.used, excluded.used)";

    // Records.
    INSERT_RECORD = "INSERT INTO record (id, arrived, body, digest) \
        VALUES ($1, (extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT, $2, $3)";
    PROBE_RECORD = "INSERT INTO record (id, arrived, body, digest) VALUES ($1, 0, '', ''::BYTEA) \
        ON CONFLICT (id) DO NOTHING";

    // The chain.
    UNNUMBERED = "SELECT id, digest FROM record WHERE position IS NULL ORDER BY arrived, id LIMIT $1";
    HOLD_CHAIN_HEAD = "SELECT incarnation, position, hash FROM chain_head WHERE one = 1 FOR UPDATE";
    READ_CHAIN_HEAD = "SELECT incarnation, position, hash FROM chain_head WHERE one = 1";
    NUMBER_RECORDS = "UPDATE record SET position = n.position, incarnation = $4, hash = n.hash \
        FROM (SELECT unnest($1::UUID[]) AS id, unnest($2::BIGINT[]) AS position, unnest($3::BYTEA[]) AS hash) n \
        WHERE record.id = n.id";
    MOVE_CHAIN_HEAD = "UPDATE chain_head SET position = $1, hash = $2 WHERE one = 1";
    NEXT_INCARNATION = "UPDATE chain_head \
        SET incarnation = greatest(incarnation + 1, extract(epoch FROM now())::BIGINT) WHERE one = 1 \
        RETURNING incarnation, position, hash";
    RECORDS_AFTER = "SELECT position, incarnation, id, body, digest, hash FROM record WHERE position > $1 \
        ORDER BY position LIMIT $2";
    RECORDS_THAT_SAY = "SELECT id, body FROM record WHERE id > $1 AND strpos(body, $2) > 0 ORDER BY id LIMIT $3";
    REPLACE_BODY = "UPDATE record SET body = $2 WHERE id = $1";
    RECORDS_OF_IDS = "SELECT id, position, body FROM record WHERE id = ANY($1)";
    RECORD_AT = "SELECT incarnation, hash, body FROM record WHERE position = $1";
    IDS_OF_RECORDS = "SELECT position, id FROM record WHERE position > $1 AND position <= $2 ORDER BY position";
    EXTENT = "SELECT c.position, h.position, coalesce((SELECT r.incarnation FROM record r \
        WHERE r.position = h.position), 0) FROM chain_head h JOIN chain_cut c ON c.one = h.one WHERE h.one = 1";
    READ_CUT = "SELECT position, hash, announced FROM chain_cut WHERE one = 1";
    ANNOUNCE_CUT = "UPDATE chain_cut SET announced = $1 WHERE one = 1";
    CUT_RECORDS = "DELETE FROM record WHERE position <= $1";
    MOVE_CUT = "UPDATE chain_cut SET position = $1, hash = $2, announced = NULL WHERE one = 1";
}

#[cfg(test)]
#[path = "lint_tests.rs"]
mod lint_tests;
#[cfg(test)]
#[path = "plan_tests.rs"]
mod plan_tests;
