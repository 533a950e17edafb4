-- What must never change, whoever writes. Sealed bytes begin with x'0001'; the one change that frozen text may
-- see is from sealed to plain, when its revision is public. `env.py` runs each statement.

CREATE TRIGGER revisions_stay_frozen BEFORE UPDATE ON revisions
WHEN OLD.state <> 'draft' AND (
    NEW.uid <> OLD.uid OR NEW.object_id <> OLD.object_id OR NEW.number <> OLD.number
    OR NEW.created_at <> OLD.created_at OR NEW.text_digest IS NOT OLD.text_digest
    OR (OLD.release_digest IS NOT NULL AND NEW.release_digest IS NOT OLD.release_digest)
    OR (OLD.frozen_at IS NOT NULL AND NEW.frozen_at IS NOT OLD.frozen_at)
    OR (OLD.public_at IS NOT NULL AND NEW.public_at IS NOT OLD.public_at)
    OR NOT (
        NEW.state = OLD.state
        OR (OLD.state = 'frozen' AND NEW.state IN ('public', 'dropped'))
        OR (OLD.state = 'public' AND NEW.state = 'superseded')
    )
    OR (NEW.facts IS NOT OLD.facts AND NOT (
        NEW.state IN ('public', 'superseded') AND NEW.facts IS NOT NULL
        AND substr(OLD.facts, 1, 2) = x'0001' AND substr(NEW.facts, 1, 2) <> x'0001'))
    OR (NEW.salt IS NOT OLD.salt AND NOT (
        NEW.state IN ('public', 'superseded') AND NEW.salt IS NOT NULL
        AND substr(OLD.salt, 1, 2) = x'0001' AND substr(NEW.salt, 1, 2) <> x'0001'))
    OR (NEW.signed_text IS NOT OLD.signed_text AND NOT (
        NEW.state IN ('public', 'superseded') AND NEW.signed_text IS NOT NULL
        AND substr(OLD.signed_text, 1, 2) = x'0001' AND substr(NEW.signed_text, 1, 2) <> x'0001'))
)
BEGIN
    SELECT RAISE(ABORT, 'a frozen revision never changes');
END;

CREATE TRIGGER revisions_stay BEFORE DELETE ON revisions
WHEN OLD.state NOT IN ('draft', 'dropped')
    AND EXISTS (SELECT 1 FROM objects WHERE objects.id = OLD.object_id AND objects.deleted_at IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'a frozen revision is only deleted with its object');
END;

CREATE TRIGGER text_revisions_stay_frozen BEFORE UPDATE ON text_revisions
WHEN EXISTS (
    SELECT 1 FROM revision_texts JOIN revisions ON revisions.id = revision_texts.revision_id
    WHERE revision_texts.text_revision_id = OLD.id AND revisions.state NOT IN ('draft', 'dropped')
) AND (
    NEW.id <> OLD.id OR NEW.uid <> OLD.uid OR NEW.text_id <> OLD.text_id OR NEW.number <> OLD.number
    OR NEW.renderer <> OLD.renderer OR NEW.created_at <> OLD.created_at
    OR NEW.translated_from_id IS NOT OLD.translated_from_id
    OR (NEW.author_account_id IS NOT OLD.author_account_id AND NEW.author_account_id IS NOT NULL)
    OR (NEW.title IS NOT OLD.title AND NOT (
        NEW.title IS NOT NULL AND substr(OLD.title, 1, 2) = x'0001' AND substr(NEW.title, 1, 2) <> x'0001'))
    OR (NEW.summary IS NOT OLD.summary AND NOT (
        NEW.summary IS NOT NULL AND substr(OLD.summary, 1, 2) = x'0001' AND substr(NEW.summary, 1, 2) <> x'0001'))
    OR (NEW.note IS NOT OLD.note AND NOT (
        NEW.note IS NOT NULL AND substr(OLD.note, 1, 2) = x'0001' AND substr(NEW.note, 1, 2) <> x'0001'))
    OR (NEW.facts IS NOT OLD.facts AND NOT (
        NEW.facts IS NOT NULL AND substr(OLD.facts, 1, 2) = x'0001' AND substr(NEW.facts, 1, 2) <> x'0001'))
    OR (NEW.markdown IS NOT OLD.markdown AND NOT (
        substr(OLD.markdown, 1, 2) = x'0001' AND substr(NEW.markdown, 1, 2) <> x'0001'))
    OR (NEW.html IS NOT OLD.html AND NOT (
        substr(OLD.html, 1, 2) = x'0001' AND substr(NEW.html, 1, 2) <> x'0001'))
    OR ((NEW.title IS NOT OLD.title OR NEW.summary IS NOT OLD.summary OR NEW.note IS NOT OLD.note
         OR NEW.facts IS NOT OLD.facts OR NEW.markdown IS NOT OLD.markdown OR NEW.html IS NOT OLD.html)
        AND NOT EXISTS (
            SELECT 1 FROM revision_texts JOIN revisions ON revisions.id = revision_texts.revision_id
            WHERE revision_texts.text_revision_id = OLD.id AND revisions.state IN ('public', 'superseded')))
)
BEGIN
    SELECT RAISE(ABORT, 'the text of a frozen revision never changes');
END;

CREATE TRIGGER text_revisions_stay BEFORE DELETE ON text_revisions
WHEN EXISTS (
    SELECT 1 FROM revision_texts JOIN revisions ON revisions.id = revision_texts.revision_id
    WHERE revision_texts.text_revision_id = OLD.id AND revisions.state NOT IN ('draft', 'dropped')
)
BEGIN
    SELECT RAISE(ABORT, 'the text of a frozen revision is not deleted');
END;

CREATE TRIGGER revision_texts_no_more BEFORE INSERT ON revision_texts
WHEN EXISTS (SELECT 1 FROM revisions WHERE revisions.id = NEW.revision_id AND revisions.state <> 'draft')
BEGIN
    SELECT RAISE(ABORT, 'a frozen revision gets no other texts');
END;

CREATE TRIGGER revision_texts_stay_frozen BEFORE UPDATE ON revision_texts
WHEN EXISTS (
    SELECT 1 FROM revisions
    WHERE revisions.id IN (OLD.revision_id, NEW.revision_id) AND revisions.state <> 'draft'
)
BEGIN
    SELECT RAISE(ABORT, 'a frozen revision keeps its texts');
END;

CREATE TRIGGER revision_texts_stay BEFORE DELETE ON revision_texts
WHEN EXISTS (
    SELECT 1 FROM revisions JOIN objects ON objects.id = revisions.object_id
    WHERE revisions.id = OLD.revision_id AND revisions.state NOT IN ('draft', 'dropped')
        AND objects.deleted_at IS NULL
)
BEGIN
    SELECT RAISE(ABORT, 'a frozen revision keeps its texts');
END;

CREATE TRIGGER revision_media_no_more BEFORE INSERT ON revision_media
WHEN EXISTS (SELECT 1 FROM revisions WHERE revisions.id = NEW.revision_id AND revisions.state <> 'draft')
BEGIN
    SELECT RAISE(ABORT, 'a frozen revision gets no other files');
END;

CREATE TRIGGER revision_media_stay_frozen BEFORE UPDATE ON revision_media
WHEN EXISTS (
    SELECT 1 FROM revisions
    WHERE revisions.id IN (OLD.revision_id, NEW.revision_id) AND revisions.state <> 'draft'
)
BEGIN
    SELECT RAISE(ABORT, 'a frozen revision keeps its files');
END;

CREATE TRIGGER revision_media_stay BEFORE DELETE ON revision_media
WHEN EXISTS (
    SELECT 1 FROM revisions JOIN objects ON objects.id = revisions.object_id
    WHERE revisions.id = OLD.revision_id AND revisions.state NOT IN ('draft', 'dropped')
        AND objects.deleted_at IS NULL
)
BEGIN
    SELECT RAISE(ABORT, 'a frozen revision keeps its files');
END;

CREATE TRIGGER posts_keep_their_kind BEFORE UPDATE ON posts
WHEN OLD.first_public_at IS NOT NULL AND (
    NEW.kind <> OLD.kind OR NEW.uid <> OLD.uid OR NEW.collective_id <> OLD.collective_id
    OR NEW.first_public_at IS NOT OLD.first_public_at
)
BEGIN
    SELECT RAISE(ABORT, 'kind and beginning of a post never change once it was public');
END;

CREATE TRIGGER objects_keep_their_address BEFORE UPDATE ON objects
WHEN (NEW.uri <> OLD.uri OR NEW.uid <> OLD.uid OR NEW.as_type <> OLD.as_type OR NEW.post_id <> OLD.post_id)
    AND EXISTS (SELECT 1 FROM posts WHERE posts.id = OLD.post_id AND posts.first_public_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'address and type of an object never change once its post was public');
END;

CREATE TRIGGER documents_rise BEFORE INSERT ON documents
WHEN NEW.updated_at % 1000000 <> 0
    OR NEW.updated_at <= (SELECT max(updated_at) FROM documents WHERE documents.object_id = NEW.object_id)
BEGIN
    SELECT RAISE(ABORT, 'updated_at of an object''s documents rises by whole seconds');
END;

CREATE TRIGGER documents_stay BEFORE UPDATE ON documents
WHEN NEW.body <> OLD.body OR NEW.object_id <> OLD.object_id OR NEW.updated_at <> OLD.updated_at
BEGIN
    SELECT RAISE(ABORT, 'a document that was served never changes');
END;

CREATE TRIGGER activities_stay BEFORE UPDATE ON activities
WHEN NEW.body <> OLD.body OR NEW.uri <> OLD.uri OR NEW.uid <> OLD.uid OR NEW.type <> OLD.type
    OR NEW.object_uri <> OLD.object_uri OR NEW.actor_uri <> OLD.actor_uri OR NEW.cause_key <> OLD.cause_key
BEGIN
    SELECT RAISE(ABORT, 'an activity of ours never changes');
END;

CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions
WHEN NEW.digest <> OLD.digest OR NEW.parameters <> OLD.parameters OR NEW.action <> OLD.action
    OR NEW.subject_uri <> OLD.subject_uri OR NEW.needed <> OLD.needed
    OR NEW.collective_id <> OLD.collective_id
BEGIN
    SELECT RAISE(ABORT, 'what is voted on never changes');
END;

CREATE TRIGGER votes_bind_to_the_digest BEFORE INSERT ON votes
WHEN NEW.digest IS NOT (SELECT digest FROM decisions WHERE decisions.id = NEW.decision_id)
BEGIN
    SELECT RAISE(ABORT, 'a vote is about the digest of its decision');
END;

CREATE TRIGGER votes_stay BEFORE UPDATE ON votes
WHEN NEW.digest <> OLD.digest OR NEW.decision_id <> OLD.decision_id OR NEW.account_id <> OLD.account_id
BEGIN
    SELECT RAISE(ABORT, 'a vote is about the digest of its decision');
END;

CREATE TRIGGER signature_log_stays BEFORE UPDATE ON signature_log
BEGIN
    SELECT RAISE(ABORT, 'the log of signatures only grows');
END;

CREATE TRIGGER signature_log_grows BEFORE DELETE ON signature_log
BEGIN
    SELECT RAISE(ABORT, 'the log of signatures only grows');
END;

CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit only grows');
END;

CREATE TRIGGER audit_grows BEFORE DELETE ON audit
WHEN OLD.id > coalesce((SELECT CAST(value AS INTEGER) FROM node_facts WHERE name = 'audit.pruned-to'), 0)
BEGIN
    SELECT RAISE(ABORT, 'the audit only grows');
END;
