import { PrismaPg } from '@prisma/adapter-pg';
import cors from 'cors';
import express from 'express';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import { PrismaClient } from '../generated/client.ts';

// The peer of `pnpm bench history`: the same pages of the same database, the way most archives serve them. Prints `listening <port>`.
const { DATABASE_URL = '' } = process.env;
const POOL_SIZE = 10;

const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: DATABASE_URL, max: POOL_SIZE }) });
const app = express();
app.use(helmet(), cors(), rateLimit({ windowMs: 60_000, limit: 1e9 }), express.json());
app.get('/messages', async (req, res) => {
  const { channel_id: channelId, before, limit = '50' } = req.query;
  const rows = await prisma.message.findMany({
    where: {
      deletedAt: null,
      channelId: BigInt(String(channelId)),
      ...(before !== undefined && { id: { lt: BigInt(String(before)) } }),
    },
    orderBy: { id: 'desc' },
    take: Number(limit) + 1,
  });
  const messages = rows.slice(0, Number(limit)).map(({ payload }): unknown => JSON.parse(payload));
  res.json({ messages, has_more: rows.length > Number(limit) });
});
const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`listening ${typeof address === 'object' ? address?.port : address}\n`);
});
