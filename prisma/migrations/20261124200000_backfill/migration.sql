-- CreateTable
CREATE TABLE "backfill" (
    "channel_id" BIGINT NOT NULL,
    "list" TEXT NOT NULL,
    "guild_id" BIGINT NOT NULL,
    "cursor" TEXT,
    "is_whole" BOOLEAN NOT NULL,
    "is_done" BOOLEAN NOT NULL,
    "refused" INTEGER,

    CONSTRAINT "backfill_pkey" PRIMARY KEY ("channel_id","list")
);
