import fc from 'fast-check'
import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inFolder, makeFolder, tryFolder, isLike } from '../../../src/lib/base/files.ts'

const run = promisify(execFile)
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushbench-folders-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('makeFolder', () => {
  it('makes the levels that are missing, and says which', async () => {
    expect(await makeFolder(join(folder, 'a', 'b', 'c'), 0o700)).toEqual([
      join(folder, 'a'),
      join(folder, 'a', 'b'),
      join(folder, 'a', 'b', 'c'),
    ])
    expect((await stat(join(folder, 'a'))).mode & 0o777).toBe(0o700)
    expect(await makeFolder(join(folder, 'a', 'b', 'd'))).toEqual([join(folder, 'a', 'b', 'd')])
    expect(await makeFolder(folder)).toEqual([])
    expect(await makeFolder('/')).toEqual([])
  })

  it('can be asked by many at once, of whom each level is made by one', async () => {
    const deep = join(folder, 'a', 'b', 'c')
    const made = await Promise.all(Array.from({ length: 20 }, () => makeFolder(deep)))
    expect(made.flat().toSorted()).toEqual([join(folder, 'a'), join(folder, 'a', 'b'), deep])
  })

  it.runIf(process.platform === 'linux')('ends where no folder can be made', async () => {
    await expect(makeFolder('/proc/nope/deeper')).rejects.toThrow('no folder can be made in /proc')
    await expect(makeFolder('/proc/self')).resolves.toEqual([])
  })

  it('ends in a working directory that was removed', async () => {
    const gone = join(folder, 'gone')
    await mkdir(gone)
    const module = new URL('../../../src/lib/base/files.ts', import.meta.url).href
    const script = `process.chdir(${JSON.stringify(gone)}); fs.rmdirSync(${JSON.stringify(gone)});
      import(${JSON.stringify(module)}).then(({ makeFolder }) => makeFolder('a/b')).catch(({ message }) => console.log(message))`
    const { stdout } = await run(process.execPath, ['-e', script], { timeout: 20_000 })
    expect(stdout).toBe('the working directory was removed\n')
  })

  it('names a file that is in the way', async () => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    await expect(makeFolder(file)).rejects.toThrow(`${file} is no folder`)
    await expect(makeFolder(join(file, 'inner'))).rejects.toThrow('not a directory')
  })
})

describe('inFolder', () => {
  it('makes it again when another process has removed it', async () => {
    const path = join(folder, 'a')
    let tries = 0
    await inFolder(path, async () => {
      if (++tries < 3) await rm(path, { recursive: true })
      await writeFile(join(path, 'file'), '')
    })
    expect(tries).toBe(3)
  })

  it('gives up on one that never stays', async () => {
    const path = join(folder, 'a')
    const work = inFolder(path, async () => {
      await rm(path, { recursive: true })
      await writeFile(join(path, 'file'), '')
    })
    await expect(work).rejects.toThrow('ENOENT')
  })
})

describe('tryFolder', () => {
  it('leaves nothing behind, and what is there as it is', async () => {
    await tryFolder(join(folder, 'a', 'b'))
    expect(await readdir(folder)).toEqual([])
    await writeFile(join(folder, 'file'), 'mine')
    await tryFolder(folder)
    expect(await readdir(folder)).toEqual(['file'])
  })

  it('can be asked by many at once, who remove what others have made', async () => {
    await Promise.all(Array.from({ length: 20 }, () => tryFolder(join(folder, 'a', 'b'))))
    expect(await readdir(folder, { recursive: true })).not.toContainEqual(expect.stringContaining('.tmp'))
  })

  it('refuses one that nothing may be written to', async () => {
    const closed = join(folder, 'closed')
    await mkdir(closed)
    // Root may write wherever the file system takes it.
    await using _ = process.getuid?.() === 0 ? await frozen(closed) : await locked(closed)
    await expect(tryFolder(closed)).rejects.toThrow(/EACCES|EPERM|EROFS/)
    await expect(tryFolder(join(closed, 'inner'))).rejects.toThrow(/EACCES|EPERM|EROFS/)
  })

  it.skipIf(process.platform === 'win32')('refuses a disk that takes no more, and leaves nothing there', async () => {
    const disk = join(folder, 'disk')
    await mkdir(disk)
    await using full = await fullDisk(disk)
    expect(await full.tryFolder(join(disk, 'reports'))).toContain(full.fault)
    expect(await readdir(disk)).toEqual(full.files)
  })
})

async function locked(path: string): Promise<AsyncDisposable> {
  await chmod(path, 0o500)
  return { [Symbol.asyncDispose]: () => chmod(path, 0o700) }
}

/** For root: mounted over itself, to be read only; somebody else's, where mounting is not allowed. */
async function frozen(path: string): Promise<AsyncDisposable> {
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'ro', 'none', path]).catch(() => null)
  if (mounted) return { [Symbol.asyncDispose]: async () => void (await run('umount', [path])) }
  const nobody = 65_534
  await chmod(folder, 0o755)
  process.seteuid?.(nobody)
  return { [Symbol.asyncDispose]: async () => process.seteuid?.(0) }
}

interface FullDisk extends AsyncDisposable {
  /** What the system says of writing to it. */
  readonly fault: string
  /** In its uppermost folder. */
  readonly files: readonly string[]
  /** What `tryFolder` throws. */
  tryFolder(path: string): Promise<string>
}

/** A small disk that is full; where mounting is not allowed, one of which a process may write less than it needs. */
async function fullDisk(path: string): Promise<FullDisk> {
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', path]).catch(() => null)
  if (!mounted) return { fault: 'EFBIG', files: [], tryFolder: tryWithLimit, [Symbol.asyncDispose]: async () => {} }
  await writeFile(join(path, 'all'), Buffer.alloc(1_000_000)).catch(() => {})
  return {
    fault: 'ENOSPC',
    files: ['all'],
    tryFolder: (inner) => tryFolder(inner).then(() => 'nothing', String),
    [Symbol.asyncDispose]: async () => void (await run('umount', [path])),
  }
}

/** In a process whose files may have one block. */
async function tryWithLimit(path: string): Promise<string> {
  const module = new URL('../../../src/lib/base/files.ts', import.meta.url).href
  const script = `import(${JSON.stringify(module)}).then(({ tryFolder }) => tryFolder(${JSON.stringify(path)}))
    .then(() => console.log('nothing'), (error) => console.log(String(error)))`
  const limited = ['-c', 'ulimit -f 1; exec "$0" "$@"', process.execPath, '-e', script]
  return (await run('sh', limited, { timeout: 20_000 })).stdout
}

describe('a pattern of names', () => {
  it.each([
    ['2026-load.json', '*-load.json', true],
    ['2026-load.json', '*.json', true],
    ['2026-load.json', '????-load.json', true],
    ['2026-load.json', '???-load.json', false],
    ['2026-seed.json', '*-load.json', false],
    ['a.b', 'a?b', true],
    ['ab', 'a*b*', true],
    ['a', '*a*a', false],
    ['', '*', true],
    ['', '?', false],
    ['a+(b)', 'a+(b)', true],
  ])('%j is like %j: %s', (name, pattern, expected) => {
    expect(isLike(name, pattern)).toBe(expected)
  })

  it('says what a regular expression would', () => {
    const text = (...letters: string[]) =>
      fc.array(fc.constantFrom(...letters), { maxLength: 12 }).map((all) => all.join(''))
    fc.assert(
      fc.property(text('a', 'b'), text('a', 'b', '*', '?'), (name, pattern) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`)
        expect(isLike(name, pattern)).toBe(expression.test(name))
      }),
      { numRuns: 2000 },
    )
  })

  it('takes no time, however many stars it has', () => {
    const beganAt = performance.now()
    expect(isLike('a'.repeat(255), `${'*a'.repeat(120)}*b`)).toBe(false)
    expect(performance.now() - beganAt).toBeLessThan(2000)
  })
})
