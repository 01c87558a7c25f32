import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openBroker } from '../../../../src/lib/adapters/brokers/registry.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { openDiskBlobs } from '../../../../src/lib/workloads/meetups/image/blobs.ts'
import { shows } from '../../../support/database/tables.ts'

describe('files that rushbench keeps', () => {
  let folder: string
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'rushbench-files-'))))
  afterEach(() => rm(folder, { recursive: true }))

  const modeOf = async (...path: string[]): Promise<string> =>
    ((await stat(join(folder, ...path))).mode & 0o777).toString(8)

  /** Writes to a database and leaves it open, since SQLite removes its log when it closes. */
  async function use(path: string): Promise<AsyncDisposable> {
    const database = await connectDatabase(`sqlite:${join(folder, path)}`, { poolSize: 1 })
    await database.createTables([{ table: shows, mark: 'test' }])
    return database
  }

  it('are for this user alone, and so is their folder', async () => {
    const before = process.umask(0o000)
    try {
      await using _ = await use('.rushbench/rushbench.db')
      await using __ = await openBroker(`sqlite:${join(folder, '.rushbench/broker.db')}`)
      await openDiskBlobs(join(folder, '.rushbench/images'))
      expect(await modeOf('.rushbench')).toBe('700')
      expect(await modeOf('.rushbench/images')).toBe('700')
      for (const file of ['rushbench.db', 'rushbench.db-wal', 'rushbench.db-shm', 'broker.db', 'broker.db-wal']) {
        expect(await modeOf('.rushbench', file)).toBe('600')
      }
    } finally {
      process.umask(before)
    }
  })

  it('are closed to others where an earlier version left them open', async () => {
    await mkdir(join(folder, '.rushbench'))
    await chmod(join(folder, '.rushbench'), 0o755)
    await writeFile(join(folder, '.rushbench', 'rushbench.db'), '')
    await chmod(join(folder, '.rushbench', 'rushbench.db'), 0o644)
    await using _ = await use('.rushbench/rushbench.db')
    expect(await modeOf('.rushbench')).toBe('700')
    expect(await modeOf('.rushbench', 'rushbench.db')).toBe('600')
    expect(await modeOf('.rushbench', 'rushbench.db-wal')).toBe('600')
  })

  it('leave alone what may be shared on purpose', async () => {
    await chmod(folder, 0o777)
    await writeFile(join(folder, 'ours.db'), '')
    await chmod(join(folder, 'ours.db'), 0o664)
    await using _ = await use('ours.db')
    await using __ = await use('new.db')
    expect(await modeOf()).toBe('777')
    expect(await modeOf('ours.db')).toBe('664')
    expect(await modeOf('new.db')).toBe('600')
    // A link may lead to what is somebody else's.
    await mkdir(join(folder, 'elsewhere'))
    await chmod(join(folder, 'elsewhere'), 0o755)
    await symlink(join(folder, 'elsewhere'), join(folder, '.rushbench'))
    await using ___ = await use('.rushbench/rushbench.db')
    expect(await modeOf('elsewhere')).toBe('755')
  })
})
