-- AlterTable
ALTER TABLE "message" ADD COLUMN "tally" TEXT,
ADD COLUMN "tally_at" BIGINT;

-- AlterTable
ALTER TABLE "guild" ADD COLUMN "hash" TEXT NOT NULL DEFAULT '',
ADD COLUMN "observed_at" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN "left_at" TIMESTAMPTZ(6);

-- AlterTable
ALTER TABLE "channel" ADD COLUMN "hash" TEXT NOT NULL DEFAULT '',
ADD COLUMN "observed_at" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN "last_pin_timestamp" TEXT,
ADD COLUMN "is_emptied" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "mark" (
    "message_id" BIGINT NOT NULL,
    "key" TEXT NOT NULL,
    "user_id" BIGINT NOT NULL,
    "is_set" BOOLEAN NOT NULL,

    CONSTRAINT "mark_pkey" PRIMARY KEY ("message_id","key","user_id")
);

-- CreateTable
CREATE TABLE "message_revision" (
    "message_id" BIGINT NOT NULL,
    "revision" INTEGER NOT NULL,
    "payload" TEXT NOT NULL,

    CONSTRAINT "message_revision_pkey" PRIMARY KEY ("message_id","revision")
);
