import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const program = new URL('../dev/services', import.meta.url).pathname

/** A server of dev/services that belongs to one test, which may do to it what it likes. */
export interface PrivateService extends AsyncDisposable {
  readonly url: string
  /** With SIGKILL: it has no chance to write anything. */
  kill(): Promise<void>
  /** Starts it again, on the same port, with the data that it left. Resolves when it answers. */
  start(): Promise<void>
}

/**
 * Starts a server on a free port and in a folder of its own. Null, with a line that says what to install, when this
 * machine does not have it. With RUSHBENCH_REQUIRE_SERVICES=1 that is an error instead.
 */
export async function startPrivateService(
  name: 'nats' | 'kafka' | 'redis' | 'postgres',
): Promise<PrivateService | null> {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-service-'))
  // The servers run under accounts of their own.
  await chmod(folder, 0o755)
  const port = await freePort()
  const settings = {
    RUSHBENCH_SERVICES_DIR: folder,
    [`RUSHBENCH_SERVICES_${name.toUpperCase()}_PORT`]: String(port),
  }
  const services = (action: string) => run(program, [action, name], { env: { ...process.env, ...settings } })
  const remove = () => rm(folder, { recursive: true, force: true })

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

  async function kill(): Promise<void> {
    const pid = Number(await readFile(join(folder, name, 'pid'), 'utf8'))
    process.kill(pid, 'SIGKILL')
    while ((await tryPort(port)) === null) await sleep(20)
  }

  return {
    url: /'(.*)'/.exec(stdout)![1]!,
    kill,
    async start() {
      await services('start')
    },
    async [Symbol.asyncDispose]() {
      await services('stop')
      await remove()
    },
  }
}

/** With a free one after it, which Kafka needs too. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = await tryPort(0)
    if (port !== null && (await tryPort(port + 1)) !== null) return port
  }
}

/** The port that was listened on; null when another program does. */
async function tryPort(port: number): Promise<number | null> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  } catch {
    return null
  } finally {
    if (server.listening) {
      server.close()
      await once(server, 'close')
    }
  }
}
