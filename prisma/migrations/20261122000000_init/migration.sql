-- CreateTable
CREATE TABLE "head" (
    "id" SMALLINT NOT NULL DEFAULT 1,
    "term" BIGINT NOT NULL DEFAULT 0,
    "seq" BIGINT NOT NULL DEFAULT 0,
    "holder" TEXT NOT NULL DEFAULT '',
    "expires" TIMESTAMPTZ(6) NOT NULL DEFAULT '1970-01-01 00:00:00 +00:00',
    "status" TEXT NOT NULL DEFAULT '{}',

    CONSTRAINT "head_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "head_is_one_row" CHECK ("id" = 1)
);

-- CreateTable
CREATE TABLE "message" (
    "id" BIGINT NOT NULL,
    "guild_id" BIGINT NOT NULL,
    "channel_id" BIGINT NOT NULL,
    "parent_id" BIGINT,
    "author_id" BIGINT,
    "hash" TEXT NOT NULL,
    "edited_at_ms" BIGINT,
    "observed_at" BIGINT NOT NULL,
    "revision" INTEGER NOT NULL,
    "deleted_at" TIMESTAMPTZ(6),
    "payload" TEXT NOT NULL,

    CONSTRAINT "message_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "event" (
    "seq" BIGINT NOT NULL,
    "term" BIGINT NOT NULL,
    "type" TEXT NOT NULL,
    "guild_id" BIGINT,
    "channel_id" BIGINT,
    "parent_id" BIGINT,
    "author_id" BIGINT,
    "message_id" BIGINT,
    "payload" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "event_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "guild" (
    "id" BIGINT NOT NULL,
    "name" TEXT NOT NULL,
    "payload" TEXT NOT NULL,

    CONSTRAINT "guild_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "channel" (
    "id" BIGINT NOT NULL,
    "guild_id" BIGINT NOT NULL,
    "parent_id" BIGINT,
    "type" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "baseline_message_id" BIGINT,
    "is_deleted" BOOLEAN NOT NULL DEFAULT false,
    "payload" TEXT NOT NULL,

    CONSTRAINT "channel_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "dead_letter" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "sqlstate" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "message_id" TEXT,
    "digest" TEXT NOT NULL,
    "change" TEXT NOT NULL,

    CONSTRAINT "dead_letter_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "message_channel_id_id_idx" ON "message"("channel_id", "id");

-- CreateIndex
CREATE INDEX "message_parent_id_id_idx" ON "message"("parent_id", "id");

-- CreateIndex
CREATE INDEX "message_author_id_id_idx" ON "message"("author_id", "id");

-- CreateIndex
CREATE INDEX "message_guild_id_id_idx" ON "message"("guild_id", "id");

-- CreateIndex
CREATE INDEX "event_message_id_idx" ON "event"("message_id");

-- CreateIndex
CREATE UNIQUE INDEX "dead_letter_digest_key" ON "dead_letter"("digest");

-- CreateIndex
CREATE INDEX "dead_letter_message_id_idx" ON "dead_letter"("message_id");

-- The one row every commit compares and sets.
INSERT INTO "head" ("id") VALUES (1);
