import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { access, constants, mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** How long a server may take to listen, ms. */
const patienceMs = 60_000

/** A server that belongs to one test, which may do to it what it likes. */
export interface PrivateServer extends AsyncDisposable {
  readonly port: number
  /** With SIGKILL: it has no chance to write anything. */
  kill(): Promise<void>
  /** On the same port, with the data that it left. */
  start(): Promise<void>
}

/** A command line, and what it needs in its environment. */
interface Command {
  readonly program: string
  readonly parameters: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

/**
 * Starts a server on a free port and in a folder of its own. `prepare` fills the folder once and says how to start the
 * server; it is ready when `ready` says so.
 */
export async function startPrivateServer(
  prepare: (folder: string, port: number) => Promise<Command>,
  ready: (port: number) => Promise<boolean> = listens,
): Promise<PrivateServer> {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-server-'))
  const port = await freePort()
  const { program, parameters, environment } = await prepare(folder, port)
  let server: ChildProcess | null = null
  let output = ''

  async function start(): Promise<void> {
    const child = spawn(program, parameters, { env: { ...process.env, ...environment } })
    server = child
    const keep = (chunk: Buffer) => void (output = (output + chunk.toString()).slice(-4000))
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('error', ({ message }) => void (output += message))
    const giveUpAt = performance.now() + patienceMs
    while (!(await ready(port))) {
      if (hasEnded(child) || performance.now() > giveUpAt) throw new Error(`${program} does not answer: ${output}`)
      await sleep(50)
    }
  }

  async function kill(): Promise<void> {
    if (!server || hasEnded(server)) return
    server.kill('SIGKILL')
    await once(server, 'exit')
  }

  await start()
  return {
    port,
    kill,
    start,
    async [Symbol.asyncDispose]() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/**
 * The path of a program; null, with a line that says how to install it, when it is not there. With
 * RUSHBENCH_REQUIRE_SERVICES=1 a missing one is an error instead.
 */
export async function findProgram(name: string, install: string): Promise<string | null> {
  // Debian keeps servers in sbin folders, which an ordinary user's PATH leaves out.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin']
  for (const folder of folders) {
    const path = join(folder, name)
    const executable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (executable) return path
  }
  const message = `there is no ${name} to start for a test of its own; install it with: ${install}`
  if (process.env['RUSHBENCH_REQUIRE_SERVICES'] === '1') throw new Error(message)
  process.stderr.write(`SKIPPED: ${message}\n`)
  return null
}

function hasEnded({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}
