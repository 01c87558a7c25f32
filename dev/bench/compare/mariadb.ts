import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createConnection } from 'mysql2/promise'
import { findFreePort } from '../free-port.ts'

/** A MariaDB of our own, with an empty database. */
export interface Mariadb extends AsyncDisposable {
  readonly url: string
}

const run = promisify(execFile)

/** Starts MariaDB on a free port of this machine, with a buffer pool of so many MB. */
export async function startMariadb(poolMb: number): Promise<Mariadb> {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-mariadb-'))
  const data = join(folder, 'data')
  const asRoot = process.getuid?.() === 0
  // As root, it would give itself away to somebody who cannot write to the folder.
  if (asRoot) await chown(folder, ...(await idsOf('mysql')))
  const common = ['--no-defaults', `--datadir=${data}`, ...(asRoot ? ['--user=mysql'] : [])]
  await run('mariadb-install-db', [...common, '--skip-test-db', '--auth-root-authentication-method=normal'])
  const port = await findFreePort()
  const address = ['--bind-address=127.0.0.1', `--port=${port}`, `--socket=${join(folder, 'socket')}`]
  const server = spawn('mariadbd', [...common, ...address, `--innodb-buffer-pool-size=${poolMb}M`], { stdio: 'ignore' })
  const ended = once(server, 'exit')
  await untilItAnswers(port)
  return {
    url: `mysql://root@127.0.0.1:${port}/rushbench`,
    async [Symbol.asyncDispose]() {
      server.kill('SIGTERM')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function idsOf(user: string): Promise<[number, number]> {
  const ids = await Promise.all(['-u', '-g'].map((what) => run('id', [what, user])))
  return ids.map(({ stdout }) => Number(stdout)) as [number, number]
}

async function untilItAnswers(port: number): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      const connection = await createConnection({ host: '127.0.0.1', port, user: 'root' })
      await connection.query('create database rushbench')
      await connection.end()
      return
    } catch (error) {
      if (attempt === 100) throw error
      await wait(200)
    }
  }
}
