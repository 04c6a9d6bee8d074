-- Who may do what in the bot's database.
--
-- Run it twice with psql, as an administrator, connected to the bot's database:
--   1. before `emergency-change db upgrade`: makes the three roles;
--   2. after it, and after every later upgrade: gives them their rights.
-- It may be run as often as you like.  It sets no passwords: use \password, or another way to log in.
--
--   emergency_change_owner    owns the tables and migrates them (DATABASE_MIGRATION_URL)
--   emergency_change_bot      what the bot runs as (DATABASE_URL); may only add to the ledger
--   emergency_change_auditor  reads; changes nothing, and verifies the ledger without any key
--
-- The bot's login must never be the owner's or a member of it: an owner can switch triggers off.

\set ON_ERROR_STOP on

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['emergency_change_owner', 'emergency_change_bot', 'emergency_change_auditor'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
      EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION', name);
    END IF;
  END LOOP;
END $$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO emergency_change_owner;
GRANT USAGE ON SCHEMA public TO emergency_change_bot, emergency_change_auditor;
ALTER ROLE emergency_change_auditor SET default_transaction_read_only = on;

-- A temporary table, or one in a schema of one's own, must not be found before the real one.
DO $$
DECLARE
  name text;
BEGIN
  EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
  FOREACH name IN ARRAY ARRAY['emergency_change_owner', 'emergency_change_bot', 'emergency_change_auditor'] LOOP
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET search_path = public, pg_temp', name, current_database());
  END LOOP;
END $$;

SELECT to_regclass('public.ledger_entries') IS NOT NULL AS migrated \gset
\if :migrated

-- Begin from nothing, so that a right which is not named below does not linger.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, emergency_change_bot, emergency_change_auditor;

-- The ledger: the bot reads and adds.  Triggers refuse the rest to everybody, the owner included.
GRANT SELECT, INSERT ON ledger_entries TO emergency_change_bot;

-- The signed heads: read and added to, never changed by the bot.
GRANT SELECT, INSERT ON checkpoints TO emergency_change_bot;

-- The values the ledger commits to: never changed.  They can be deleted, because people are erased and old
-- records purged; a trigger lets them go only while the newest entry says so, and verification checks it.
GRANT SELECT, INSERT, DELETE ON entry_values TO emergency_change_bot;

-- The ledger's head is one row, which the migration makes; the bot locks it, moves it on, and makes it again if it is gone.
GRANT SELECT, INSERT, UPDATE ON ledger_head TO emergency_change_bot;

-- The tree's whole tiles: written once, by the append that fills them.  They and deliveries are deleted only if
-- the entries they hang on are gone, so that the ledger can go on where it was cut off.
GRANT SELECT, INSERT, DELETE ON ledger_tiles TO emergency_change_bot;

-- Projections, and what is kept besides the ledger.
GRANT SELECT, INSERT, DELETE ON deliveries TO emergency_change_bot;
GRANT SELECT, INSERT, UPDATE ON changes, counters, access_claims, policies TO emergency_change_bot;
GRANT SELECT, INSERT, UPDATE ON obligations, people, mirrors TO emergency_change_bot;
GRANT SELECT, INSERT, DELETE ON group_members TO emergency_change_bot;
GRANT SELECT, INSERT, UPDATE, DELETE ON deadlines, duties, follow_ups, prompts, delegations, access_keys, accounts
  TO emergency_change_bot;

-- Which schema it is: the bot does not start with another one than it was made for.
GRANT SELECT ON alembic_version TO emergency_change_bot;

-- Nobody but the owner has rights on `secrets`: on PostgreSQL the keys come from the environment.
-- Rebuilding projections deletes their rows, and only an owner can write a table's files anew: `db rebuild`,
-- `db vacuum`, `people erase` and `records purge` use the owner's login where DATABASE_MIGRATION_URL names it.

GRANT SELECT ON
  ledger_entries, ledger_head, ledger_tiles, entry_values, checkpoints, deliveries, changes, counters, deadlines, duties,
  follow_ups, prompts, delegations, access_claims, access_keys, obligations, people, accounts, mirrors, group_members, policies,
  alembic_version
TO emergency_change_auditor;

\echo 'The roles have their rights.'
\else
\echo 'The roles are there.  Now run `emergency-change db upgrade`, then this file once more.'
\endif
