-- The same rules as in sqlite.sql. Sealed bytes begin with '\x0001'. A refusal has the code of an integrity
-- constraint, as a failed CHECK would. `env.py` runs each statement.

CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE OR REPLACE FUNCTION is_same_or_opened(before bytea, after bytea) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT after IS NOT DISTINCT FROM before OR coalesce(
        substr(before, 1, 2) = '\x0001'::bytea AND substr(after, 1, 2) <> '\x0001'::bytea, false)
$$;

CREATE OR REPLACE FUNCTION revision_is(revision bigint, VARIADIC states text[]) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM revisions WHERE revisions.id = revision AND revisions.state = ANY (states))
$$;

CREATE OR REPLACE FUNCTION revision_may_go(revision bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (
        SELECT 1 FROM revisions JOIN objects ON objects.id = revisions.object_id
        WHERE revisions.id = revision AND revisions.state NOT IN ('draft', 'dropped')
            AND objects.deleted_at IS NULL)
$$;

CREATE OR REPLACE FUNCTION text_is_in_revision(text_revision bigint, VARIADIC states text[]) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM revision_texts JOIN revisions ON revisions.id = revision_texts.revision_id
        WHERE revision_texts.text_revision_id = text_revision AND revisions.state = ANY (states))
$$;

CREATE OR REPLACE FUNCTION post_was_public(post bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM posts WHERE posts.id = post AND posts.first_public_at IS NOT NULL)
$$;

CREATE OR REPLACE FUNCTION newest_document(object bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT max(updated_at) FROM documents WHERE documents.object_id = object
$$;

CREATE OR REPLACE FUNCTION audit_pruned_to() RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT value::bigint FROM node_facts WHERE name = 'audit.pruned-to'), 0)
$$;

CREATE OR REPLACE FUNCTION decision_digest(decision bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT digest FROM decisions WHERE decisions.id = decision
$$;

CREATE TRIGGER revisions_stay_frozen BEFORE UPDATE ON revisions FOR EACH ROW
WHEN (OLD.state <> 'draft' AND (
    NEW.uid <> OLD.uid OR NEW.object_id <> OLD.object_id OR NEW.number <> OLD.number
    OR NEW.created_at <> OLD.created_at OR NEW.text_digest IS DISTINCT FROM OLD.text_digest
    OR (OLD.release_digest IS NOT NULL AND NEW.release_digest IS DISTINCT FROM OLD.release_digest)
    OR (OLD.frozen_at IS NOT NULL AND NEW.frozen_at IS DISTINCT FROM OLD.frozen_at)
    OR (OLD.public_at IS NOT NULL AND NEW.public_at IS DISTINCT FROM OLD.public_at)
    OR NOT (
        NEW.state = OLD.state
        OR (OLD.state = 'frozen' AND NEW.state IN ('public', 'dropped'))
        OR (OLD.state = 'public' AND NEW.state = 'superseded')
    )
    OR NOT is_same_or_opened(OLD.facts, NEW.facts)
    OR NOT is_same_or_opened(OLD.salt, NEW.salt)
    OR NOT is_same_or_opened(OLD.signed_text, NEW.signed_text)
    OR ((NEW.facts IS DISTINCT FROM OLD.facts OR NEW.salt IS DISTINCT FROM OLD.salt
         OR NEW.signed_text IS DISTINCT FROM OLD.signed_text)
        AND NEW.state NOT IN ('public', 'superseded'))
))
EXECUTE FUNCTION refuse('a frozen revision never changes');

CREATE TRIGGER revisions_stay BEFORE DELETE ON revisions FOR EACH ROW
WHEN (NOT revision_may_go(OLD.id))
EXECUTE FUNCTION refuse('a frozen revision is only deleted with its object');

CREATE TRIGGER text_revisions_stay_frozen BEFORE UPDATE ON text_revisions FOR EACH ROW
WHEN (text_is_in_revision(OLD.id, 'frozen', 'public', 'superseded') AND (
    NEW.id <> OLD.id OR NEW.uid <> OLD.uid OR NEW.text_id <> OLD.text_id OR NEW.number <> OLD.number
    OR NEW.renderer <> OLD.renderer OR NEW.created_at <> OLD.created_at
    OR NEW.translated_from_id IS DISTINCT FROM OLD.translated_from_id
    OR (NEW.author_account_id IS DISTINCT FROM OLD.author_account_id AND NEW.author_account_id IS NOT NULL)
    OR NOT is_same_or_opened(OLD.title, NEW.title)
    OR NOT is_same_or_opened(OLD.summary, NEW.summary)
    OR NOT is_same_or_opened(OLD.note, NEW.note)
    OR NOT is_same_or_opened(OLD.facts, NEW.facts)
    OR NOT is_same_or_opened(OLD.markdown, NEW.markdown)
    OR NOT is_same_or_opened(OLD.html, NEW.html)
    OR ((NEW.title IS DISTINCT FROM OLD.title OR NEW.summary IS DISTINCT FROM OLD.summary
         OR NEW.note IS DISTINCT FROM OLD.note OR NEW.facts IS DISTINCT FROM OLD.facts
         OR NEW.markdown IS DISTINCT FROM OLD.markdown OR NEW.html IS DISTINCT FROM OLD.html)
        AND NOT text_is_in_revision(OLD.id, 'public', 'superseded'))
))
EXECUTE FUNCTION refuse('the text of a frozen revision never changes');

CREATE TRIGGER text_revisions_stay BEFORE DELETE ON text_revisions FOR EACH ROW
WHEN (text_is_in_revision(OLD.id, 'frozen', 'public', 'superseded'))
EXECUTE FUNCTION refuse('the text of a frozen revision is not deleted');

CREATE TRIGGER revision_texts_no_more BEFORE INSERT ON revision_texts FOR EACH ROW
WHEN (revision_is(NEW.revision_id, 'frozen', 'public', 'superseded', 'dropped'))
EXECUTE FUNCTION refuse('a frozen revision gets no other texts');

CREATE TRIGGER revision_texts_stay_frozen BEFORE UPDATE ON revision_texts FOR EACH ROW
WHEN (revision_is(OLD.revision_id, 'frozen', 'public', 'superseded', 'dropped')
    OR revision_is(NEW.revision_id, 'frozen', 'public', 'superseded', 'dropped'))
EXECUTE FUNCTION refuse('a frozen revision keeps its texts');

CREATE TRIGGER revision_texts_stay BEFORE DELETE ON revision_texts FOR EACH ROW
WHEN (NOT revision_may_go(OLD.revision_id))
EXECUTE FUNCTION refuse('a frozen revision keeps its texts');

CREATE TRIGGER revision_media_no_more BEFORE INSERT ON revision_media FOR EACH ROW
WHEN (revision_is(NEW.revision_id, 'frozen', 'public', 'superseded', 'dropped'))
EXECUTE FUNCTION refuse('a frozen revision gets no other files');

CREATE TRIGGER revision_media_stay_frozen BEFORE UPDATE ON revision_media FOR EACH ROW
WHEN (revision_is(OLD.revision_id, 'frozen', 'public', 'superseded', 'dropped')
    OR revision_is(NEW.revision_id, 'frozen', 'public', 'superseded', 'dropped'))
EXECUTE FUNCTION refuse('a frozen revision keeps its files');

CREATE TRIGGER revision_media_stay BEFORE DELETE ON revision_media FOR EACH ROW
WHEN (NOT revision_may_go(OLD.revision_id))
EXECUTE FUNCTION refuse('a frozen revision keeps its files');

CREATE TRIGGER posts_keep_their_kind BEFORE UPDATE ON posts FOR EACH ROW
WHEN (OLD.first_public_at IS NOT NULL AND (
    NEW.kind <> OLD.kind OR NEW.uid <> OLD.uid OR NEW.collective_id <> OLD.collective_id
    OR NEW.first_public_at IS DISTINCT FROM OLD.first_public_at
))
EXECUTE FUNCTION refuse('kind and beginning of a post never change once it was public');

CREATE TRIGGER objects_keep_their_address BEFORE UPDATE ON objects FOR EACH ROW
WHEN ((NEW.uri <> OLD.uri OR NEW.uid <> OLD.uid OR NEW.as_type <> OLD.as_type OR NEW.post_id <> OLD.post_id)
    AND post_was_public(OLD.post_id))
EXECUTE FUNCTION refuse('address and type of an object never change once its post was public');

CREATE TRIGGER documents_rise BEFORE INSERT ON documents FOR EACH ROW
WHEN (NEW.updated_at % 1000000 <> 0 OR NEW.updated_at <= newest_document(NEW.object_id))
EXECUTE FUNCTION refuse('updated_at of an object''s documents rises by whole seconds');

CREATE TRIGGER documents_stay BEFORE UPDATE ON documents FOR EACH ROW
WHEN (NEW.body <> OLD.body OR NEW.object_id <> OLD.object_id OR NEW.updated_at <> OLD.updated_at)
EXECUTE FUNCTION refuse('a document that was served never changes');

CREATE TRIGGER activities_stay BEFORE UPDATE ON activities FOR EACH ROW
WHEN (NEW.body <> OLD.body OR NEW.uri <> OLD.uri OR NEW.uid <> OLD.uid OR NEW.type <> OLD.type
    OR NEW.object_uri <> OLD.object_uri OR NEW.actor_uri <> OLD.actor_uri OR NEW.cause_key <> OLD.cause_key)
EXECUTE FUNCTION refuse('an activity of ours never changes');

CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions FOR EACH ROW
WHEN (NEW.digest <> OLD.digest OR NEW.parameters <> OLD.parameters OR NEW.action <> OLD.action
    OR NEW.subject_uri <> OLD.subject_uri OR NEW.needed <> OLD.needed
    OR NEW.collective_id <> OLD.collective_id)
EXECUTE FUNCTION refuse('what is voted on never changes');

CREATE TRIGGER votes_bind_to_the_digest BEFORE INSERT ON votes FOR EACH ROW
WHEN (NEW.digest IS DISTINCT FROM decision_digest(NEW.decision_id))
EXECUTE FUNCTION refuse('a vote is about the digest of its decision');

CREATE TRIGGER votes_stay BEFORE UPDATE ON votes FOR EACH ROW
WHEN (NEW.digest <> OLD.digest OR NEW.decision_id <> OLD.decision_id OR NEW.account_id <> OLD.account_id)
EXECUTE FUNCTION refuse('a vote is about the digest of its decision');

CREATE TRIGGER signature_log_stays BEFORE UPDATE ON signature_log FOR EACH ROW
EXECUTE FUNCTION refuse('the log of signatures only grows');

CREATE TRIGGER signature_log_grows BEFORE DELETE ON signature_log FOR EACH ROW
EXECUTE FUNCTION refuse('the log of signatures only grows');

CREATE TRIGGER audit_stays BEFORE UPDATE ON audit FOR EACH ROW
EXECUTE FUNCTION refuse('the audit only grows');

CREATE TRIGGER audit_grows BEFORE DELETE ON audit FOR EACH ROW
WHEN (OLD.id > audit_pruned_to())
EXECUTE FUNCTION refuse('the audit only grows');
