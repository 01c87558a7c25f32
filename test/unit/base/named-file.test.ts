import { execFile } from 'node:child_process'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readNamedFile } from '../../../src/lib/base/named-file.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushbench-named-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function makePipe(): Promise<string> {
  const pipe = join(folder, 'pipe')
  await promisify(execFile)('mkfifo', [pipe])
  return pipe
}

const read = async (path: string, most = 1000): Promise<string> => (await readNamedFile(path, most)).toString()

describe('readNamedFile', () => {
  it('reads a file, an empty one too, and refuses one that is too large without reading it', async () => {
    const file = join(folder, 'file')
    await writeFile(file, 'content')
    expect(await read(file)).toBe('content')
    expect(await read('/dev/null')).toBe('')
    await expect(read(file, 6)).rejects.toThrow('it is larger than 6 B')
    await expect(read('/dev/zero')).rejects.toThrow('it is larger than 1.00 kB')
    await expect(read(folder)).rejects.toThrow('EISDIR')
  })

  it('waits for whoever writes to a pipe, also piece by piece, and up to a size', async () => {
    const pipe = await makePipe()
    const whole = read(pipe)
    await sleep(50)
    const writer = await open(pipe, 'w')
    await writer.write('one ')
    await sleep(100)
    await writer.write('two')
    await writer.close()
    expect(await whole).toBe('one two')
    await Promise.all([expect(read(pipe, 6)).rejects.toThrow('it is larger than 6 B'), writeFile(pipe, 'seven b')])
  })

  it('gives a pipe up that nobody writes to', async () => {
    await expect(readNamedFile(await makePipe(), 1000, 100)).rejects.toThrow('nobody has written to it for 0.1 s')
  })
})
