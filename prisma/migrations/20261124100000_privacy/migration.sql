-- AlterTable
ALTER TABLE "head" ADD COLUMN "consent" BIGINT NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "forgotten_author" (
    "user_id" BIGINT NOT NULL,
    "before_id" BIGINT NOT NULL,
    "opted_out_at" TIMESTAMPTZ(6),

    CONSTRAINT "forgotten_author_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "erasure" (
    "id" BIGSERIAL NOT NULL,
    "user_id" BIGINT NOT NULL,
    "before_id" BIGINT NOT NULL,
    "requested_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "cursor_id" BIGINT,
    "messages" INTEGER NOT NULL DEFAULT 0,
    "redactions" INTEGER NOT NULL DEFAULT 0,
    "dead_letters" INTEGER NOT NULL DEFAULT 0,
    "done_at" TIMESTAMPTZ(6),

    CONSTRAINT "erasure_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "erasure_done_at_idx" ON "erasure"("done_at");
