import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { tryPort } from '../free-ports.ts'

/** A PgBouncer of one test file, in transaction mode. */
export interface PrivatePgbouncer extends AsyncDisposable {
  /** URL of the server's database, through PgBouncer. */
  through(url: string): string
}

/**
 * Starts one in front of a PostgreSQL, with `poolSize` sessions for each database. Null, with a line that says what to
 * install, when this machine has none; with RUSHBENCH_REQUIRE_SERVICES=1 that is an error instead.
 */
export async function startPrivatePgbouncer(server: string, poolSize: number): Promise<PrivatePgbouncer | null> {
  const program = findProgram()
  if (program === null) {
    const message = 'pgbouncer is missing from this machine; install it with: sudo dev/services install pgbouncer'
    if (process.env['RUSHBENCH_REQUIRE_SERVICES'] === '1') throw new Error(message)
    process.stderr.write(`SKIPPED: ${message}\n`)
    return null
  }
  const { hostname, port: serverPort, username, password } = new URL(server)
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-pgbouncer-'))
  await chmod(folder, 0o755)
  const port = (await tryPort(0)) ?? 0
  const config = join(folder, 'pgbouncer.ini')
  await writeFile(join(folder, 'users.txt'), `"${username}" "${password}"\n`)
  await writeFile(
    config,
    `[databases]
* = host=${hostname} port=${serverPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(folder, 'users.txt')}
pool_mode = transaction
default_pool_size = ${poolSize}
max_client_conn = 200
`,
  )
  // PgBouncer refuses to run as root.
  const account = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const child = spawn(program, ['-q', ...account, config], { stdio: 'ignore' })
  while ((await tryPort(port)) !== null && child.exitCode === null) await sleep(20)
  if (child.exitCode !== null) throw new Error(`pgbouncer ended with exit code ${child.exitCode}`)
  return {
    through: (url) => Object.assign(new URL(url), { host: `127.0.0.1:${port}` }).toString(),
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Debian keeps it where only root looks. */
function findProgram(): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  const found = folders.find((folder) => isProgram(join(folder, 'pgbouncer')))
  return found === undefined ? null : join(found, 'pgbouncer')
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
