import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { tryPort } from './free-ports.ts'

const run = promisify(execFile)
const program = new URL('../../dev/services', import.meta.url).pathname

/** Variables of dev/services that differ from the server's name. */
const variables: Readonly<Record<string, string>> = { mariadb: 'MYSQL', ferretdb: 'MONGODB' }

/** Longest start of a server that was killed, ms. */
const restartWithinMs = 30_000

/** A server of dev/services that belongs to one test, which may do to it what it likes. */
export interface PrivateService extends AsyncDisposable {
  readonly url: string
  /** Folder of its data. */
  readonly folder: string
  /** Its process, or the first of its processes. */
  findPid(): Promise<number>
  /** Kills it by SIGKILL: it has no chance to write anything. */
  kill(): Promise<void>
  /** Stops it by SIGSTOP: it keeps its connections, and answers nothing until it is resumed. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** Starts it again, on the same port, with the data that it left. Resolves when it answers. */
  start(): Promise<void>
}

/**
 * Starts a server on a free port and in a folder of its own. Null, with a line that says what to install, when this
 * machine does not have it. With RUSHBENCH_REQUIRE_SERVICES=1 that is an error instead. `options` are more of mariadbd's,
 * of mysqld's or of postgres's, without a space in any of them, or more lines of Redis's settings.
 */
export async function startPrivateService(
  name: 'nats' | 'kafka' | 'redis' | 'postgres' | 'postgres17' | 'mariadb' | 'mysql8' | 'mongodb6' | 'ferretdb',
  options = '',
): Promise<PrivateService | null> {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-service-'))
  // The servers run under accounts of their own.
  await chmod(folder, 0o755)
  const port = await freePort()
  const settings = {
    RUSHBENCH_SERVICES_DIR: folder,
    [`RUSHBENCH_SERVICES_${variables[name] ?? name.toUpperCase()}_PORT`]: String(port),
    RUSHBENCH_SERVICES_MYSQL_OPTIONS: options,
    RUSHBENCH_SERVICES_POSTGRES_OPTIONS: options,
    RUSHBENCH_SERVICES_REDIS_OPTIONS: options,
  }
  const services = (action: string) => run(program, [action, name], { env: { ...process.env, ...settings } })
  // A server that is being killed may still write.
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 10 })

  try {
    await services('start')
  } catch (error) {
    await remove()
    const message = `${name} cannot be started for a test of its own: ${(error as { stderr?: string }).stderr}`
    if (process.env['RUSHBENCH_REQUIRE_SERVICES'] === '1' || !message.includes('missing from this machine')) {
      throw new Error(message, { cause: error })
    }
    process.stderr.write(`SKIPPED: ${message}\n`)
    return null
  }
  const { stdout } = await services('env')

  const findPid = async () => Number(await readFile(join(folder, name, 'pid'), 'utf8'))

  async function signal(which: NodeJS.Signals): Promise<void> {
    process.kill(await findPid(), which)
  }

  async function pause(): Promise<void> {
    await signal('SIGSTOP')
    // Its threads are stopped one after the other, and one that runs may still answer.
    while (!(await isStopped(await findPid()))) await sleep(20)
  }

  async function kill(): Promise<void> {
    await signal('SIGKILL')
    while ((await tryPort(port)) === null) await sleep(20)
  }

  return {
    url: /'(.*)'/.exec(stdout)![1]!,
    folder: join(folder, name, 'data'),
    findPid,
    kill,
    pause,
    resume: () => signal('SIGCONT'),
    async start() {
      const giveUpAt = performance.now() + restartWithinMs
      // Shared memory of a killed PostgreSQL remains until its last process has ended.
      while (
        await services('start').then(
          () => false,
          (error) => tryAgain(error, giveUpAt),
        )
      )
        await sleep(200)
    },
    async [Symbol.asyncDispose]() {
      // One that a test has paused would not end if it were asked to.
      await signal('SIGKILL').catch(() => {})
      await remove()
    },
  }
}

async function isStopped(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`)
  const states = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8')))
  // The state is behind the name, which may hold anything, in brackets.
  return states.every((state) => state.slice(state.lastIndexOf(')')).startsWith(') T'))
}

/** Returns true, to try again, until the deadline. */
function tryAgain(error: unknown, giveUpAt: number): true {
  if (performance.now() > giveUpAt) throw error
  return true
}

/** Finds a free port followed by another free one, which Kafka needs. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = await tryPort(0)
    if (port !== null && (await tryPort(port + 1)) !== null) return port
  }
}
