-- What a message says, and what is looked for, as words: no stemming and no stop words, so that every language is served alike.
-- Upper and lower case are one by Unicode's rules where the server knows them, whatever locale the database was created with.
DO $search$
DECLARE
  folding TEXT;
BEGIN
  SELECT format(' COLLATE pg_catalog.%I', collname) INTO folding FROM pg_catalog.pg_collation
    WHERE collname IN ('pg_c_utf8', 'und-x-icu') AND collencoding IN (-1, 6) AND pg_catalog.getdatabaseencoding() = 'UTF8'
    ORDER BY collname LIMIT 1;
  EXECUTE format($function$
    CREATE FUNCTION "message_words"(payload TEXT) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
      SELECT pg_catalog.to_tsvector('pg_catalog.simple'::regconfig, lower(COALESCE(
        payload::json #>> '{display,text}', payload::json ->> 'content', '')%1$s))
    $body$
  $function$, folding);
  EXECUTE format($function$
    CREATE FUNCTION "message_query"(words TEXT) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
      SELECT pg_catalog.websearch_to_tsquery('pg_catalog.simple'::regconfig, lower(words%1$s))
    $body$
  $function$, folding);
END
$search$;

-- New words wait in a list of at most a megabyte, which keeps them out of the way of a commit and is cheap to look through. A
-- deleted message has no words. The index is not partial all the same: the planner does not use the statistics of one that is.
CREATE INDEX "message_words_idx" ON "message" USING gin (message_words("payload")) WITH (gin_pending_list_limit = 1024);
