import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { withClient } from './redis-databases.ts'

/** A Redis that only one test uses, so that it may be killed; every write is on the disk before its answer. */
export interface OwnRedis extends AsyncDisposable {
  readonly url: string
  /** As when the machine loses its power, but for what the system holds back. */
  kill(): Promise<void>
  /** On the same port and data; waits until it answers. */
  start(): Promise<void>
}

/** Whether the program is there; says so, or throws with RUSHBENCH_REQUIRE_SERVICES=1, when it is not. */
export function hasOwnRedis(): boolean {
  if (spawnSync('redis-server', ['--version']).status === 0) return true
  const message = 'redis-server is not installed; dev/services install brings it'
  if (process.env['RUSHBENCH_REQUIRE_SERVICES'] === '1') throw new Error(message)
  process.stderr.write(`SKIPPED: ${message}\n`)
  return false
}

/** Starts a server of one's own. */
export async function openOwnRedis(): Promise<OwnRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-redis-'))
  const port = await findPort()
  const url = `redis://127.0.0.1:${port}`
  let child: ChildProcess | null = null

  async function start(): Promise<void> {
    const settings = { port, bind: '127.0.0.1', dir: folder, appendonly: 'yes', appendfsync: 'always', save: '' }
    const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
    child = spawn('redis-server', words, { stdio: 'ignore' })
    // It answers that it is loading before it answers anything else.
    while (!(await withClient(url, (client) => client.ping()).catch(() => false))) {
      if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`)
      await sleep(50)
    }
  }

  async function kill(): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  await start()
  return {
    url,
    kill,
    start,
    async [Symbol.asyncDispose]() {
      await kill()
      await rm(folder, { recursive: true })
    },
  }
}

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
