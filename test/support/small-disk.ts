import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A folder that takes no more than it has room for. */
export interface SmallDisk extends AsyncDisposable {
  readonly folder: string
  /** Environment of a command that is to write to it. */
  env(): Record<string, string>
  /** Lets it take so much more than is in it now. */
  setRoom(kilobytes: number): Promise<void>
}

/** Unmounts it, also while a program that was killed still has files of it open. */
async function unmount(folder: string): Promise<void> {
  await run('umount', ['--lazy', folder])
}

function mount(folder: string, options: string): Promise<boolean> {
  return run('mount', ['-t', 'tmpfs', '-o', options, 'none', folder]).then(
    () => true,
    () => false,
  )
}

async function setRoomOf(folder: string, kilobytes: number): Promise<void> {
  const { stdout } = await run('df', ['--output=used', '-k', folder])
  const used = Number(/\d+/.exec(stdout)?.[0])
  await run('mount', ['-o', `remount,size=${used + kilobytes}k`, folder])
}

/**
 * A disk of its own where this machine lets anybody mount one; elsewhere a limit on the size of each file, which a command
 * is started with.
 */
export async function createSmallDisk(): Promise<SmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-disk-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  if (await mount(folder, 'mode=1777')) {
    return {
      folder,
      env: () => ({}),
      setRoom: (kilobytes) => setRoomOf(folder, kilobytes),
      async [Symbol.asyncDispose]() {
        await unmount(folder)
        await remove()
      },
    }
  }
  let bytes = 0
  return {
    folder,
    env: () => ({ RUSHBENCH_TEST_HOST: `prlimit --fsize=${bytes}` }),
    async setRoom(kilobytes) {
      const sizes = await Promise.all(
        (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size),
      )
      bytes = Math.max(0, ...sizes) + kilobytes * 1024
    },
    [Symbol.asyncDispose]: remove,
  }
}

/**
 * Puts a small disk in the place of a folder of a server's, with the files that are in it. Null, with a line that says so,
 * where this machine lets nobody mount. With RUSHBENCH_REQUIRE_SERVICES=1 that is an error instead.
 */
export async function mountOver(folder: string): Promise<SmallDisk | null> {
  const copy = await mkdtemp(join(tmpdir(), 'rushbench-copy-'))
  try {
    await run('cp', ['-a', `${folder}/.`, copy])
    const { stdout: owner } = await run('stat', ['-c', 'uid=%u,gid=%g,mode=%a', folder])
    if (!(await mount(folder, owner.trim()))) {
      const message = 'this machine lets nobody mount a small disk under a server'
      if (process.env['RUSHBENCH_REQUIRE_SERVICES'] === '1') throw new Error(message)
      process.stderr.write(`SKIPPED: ${message}\n`)
      return null
    }
    await run('cp', ['-a', `${copy}/.`, folder])
  } finally {
    await rm(copy, { recursive: true })
  }
  return {
    folder,
    env: () => ({}),
    setRoom: (kilobytes) => setRoomOf(folder, kilobytes),
    [Symbol.asyncDispose]: () => unmount(folder),
  }
}
