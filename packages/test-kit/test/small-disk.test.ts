import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeWith, findSmallDisks, mountSmallDisk } from '@dms/test-kit';
import { expect, it } from '@jest/globals';

describeWith(await findSmallDisks(), 'a small disk', () => {
  it('is filled to the last byte, and has room again when freed', async () => {
    const disk = await mountSmallDisk(2);
    const file = join(disk.path, 'a file');
    try {
      expect(await disk.fill()).toBeGreaterThan(1 << 20);
      await expect(writeFile(file, 'x')).rejects.toThrow(/ENOSPC/);
      await disk.free();
      await writeFile(file, 'x');
    } finally {
      await disk.unmount();
    }
  });
});
