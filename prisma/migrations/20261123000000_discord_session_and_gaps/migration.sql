-- CreateTable
CREATE TABLE "discord_session" (
    "bot" TEXT NOT NULL,
    "shard" INTEGER NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "session_id" TEXT NOT NULL,
    "resume_url" TEXT NOT NULL,
    "sequence" BIGINT NOT NULL,
    "has_message_content" BOOLEAN NOT NULL,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "discord_session_pkey" PRIMARY KEY ("bot","shard")
);

-- CreateTable
CREATE TABLE "identify_budget" (
    "bot" TEXT NOT NULL,
    "window_started_at" TIMESTAMPTZ(6) NOT NULL,
    "used" INTEGER NOT NULL,
    "last_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "identify_budget_pkey" PRIMARY KEY ("bot")
);

-- CreateTable
CREATE TABLE "gap" (
    "id" BIGINT NOT NULL,
    "guild_id" BIGINT NOT NULL,
    "reason" TEXT NOT NULL,
    "since" TIMESTAMPTZ(6),
    "is_planned" BOOLEAN NOT NULL,
    "closed_at" TIMESTAMPTZ(6),

    CONSTRAINT "gap_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "catch_up" (
    "channel_id" BIGINT NOT NULL,
    "gap_id" BIGINT NOT NULL,
    "guild_id" BIGINT NOT NULL,
    "phase" TEXT NOT NULL,
    "cursor_id" BIGINT,
    "newest_id" BIGINT,
    "examined" INTEGER NOT NULL,

    CONSTRAINT "catch_up_pkey" PRIMARY KEY ("channel_id")
);

-- CreateIndex
CREATE INDEX "gap_closed_at_idx" ON "gap"("closed_at");

-- CreateIndex
CREATE INDEX "catch_up_gap_id_idx" ON "catch_up"("gap_id");
