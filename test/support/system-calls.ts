import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** One call that a server made of its kernel, and the file that it was about. */
export interface SystemCall {
  readonly name: string
  readonly file: string
}

/** A watch under way. */
export interface SystemCallWatch {
  /** Ends the watch; what was called meanwhile. */
  stop(): Promise<SystemCall[]>
}

/**
 * Watches a process, its threads, its children and those that they will have, with strace. Null where there is no strace,
 * or the kernel lets nobody watch.
 */
export async function watchSystemCalls(pid: number, names: readonly string[]): Promise<SystemCallWatch | null> {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-strace-'))
  const output = join(folder, 'calls')
  const pids = [pid, ...(await childrenOf(pid))]
  // With -y it writes files beside their numbers: fdatasync(7</data/ib_logfile0>) = 0
  const args = [
    '-f',
    '-y',
    '-o',
    output,
    '-e',
    `trace=${names.join(',')}`,
    ...pids.flatMap((one) => ['-p', String(one)]),
  ]
  const strace = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(strace, 'close').catch(() => {})
  if (!(await attaches(strace, pids.length))) {
    strace.kill()
    await ended
    await rm(folder, { recursive: true })
    return null
  }
  return {
    async stop() {
      strace.kill('SIGINT')
      await ended
      const text = await readFile(output, 'utf8')
      await rm(folder, { recursive: true })
      return [...text.matchAll(/^\d+\s+(\w+)\(\d+<(.*?)>/gm)].map(([, name = '', file = '']) => ({ name, file }))
    },
  }
}

/** Whether it says of all processes that it is attached to them, before it ends. */
function attaches(strace: ReturnType<typeof spawn>, processes: number): Promise<boolean> {
  return new Promise((resolve) => {
    let said = ''
    strace.stderr?.on('data', (text: Buffer) => {
      said += text.toString()
      if ((said.match(/Process \d+ attached/g)?.length ?? 0) >= processes) resolve(true)
    })
    strace.once('error', () => resolve(false))
    strace.once('close', () => resolve(false))
  })
}

async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`)
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')),
  )
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number))
}
