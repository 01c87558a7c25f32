import { execFile } from 'node:child_process'
import { chmod, chown, mkdir, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { findProgram, startPrivateServer, type PrivateServer } from './private-server.ts'

const run = promisify(execFile)

/** A PostgreSQL of one test file. */
export interface PrivatePostgres extends PrivateServer {
  /** Of a database that is there. */
  readonly url: string
  /** The URL of a new one. */
  createDatabase(): Promise<string>
}

/** Debian keeps PostgreSQL's programs out of PATH, in one folder a version. */
async function addDebianFolders(): Promise<void> {
  const root = '/usr/lib/postgresql'
  const versions = await readdir(root).catch(() => [])
  const folders = versions.map((version) => join(root, version, 'bin'))
  process.env['PATH'] = [...folders, process.env['PATH']].join(':')
}

/** Where initdb is; null, with a line that says how to install it, when it is not there. */
export async function findPostgres(): Promise<string | null> {
  await addDebianFolders()
  return findProgram('initdb', 'dev/services install postgres')
}

/** PostgreSQL refuses to run as root, so that root runs it as somebody else. */
async function accountOf(name: string): Promise<{ readonly uid: number; readonly gid: number } | null> {
  if (process.getuid?.() !== 0) return null
  const [uid, gid] = await Promise.all(['-u', '-g'].map(async (flag) => Number((await run('id', [flag, name])).stdout)))
  return { uid: uid as number, gid: gid as number }
}

/** Starts one that is as durable as any. */
export async function startPrivatePostgres(initdb: string): Promise<PrivatePostgres> {
  const account = await accountOf('postgres')
  const asAccount = (program: string, parameters: readonly string[]) =>
    account
      ? {
          program: 'setpriv',
          parameters: [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups', program, ...parameters],
        }
      : { program, parameters }
  const urlAt = (port: number) => `postgres://postgres@127.0.0.1:${port}/postgres`
  const server = await startPrivateServer(
    async (folder, port) => {
      const data = join(folder, 'data')
      await chmod(folder, 0o755)
      await mkdir(data, { mode: 0o700 })
      if (account) await chown(data, account.uid, account.gid)
      const made = asAccount(initdb, ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C'])
      await run(made.program, made.parameters, { cwd: '/' })
      const settings = ['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories=']
      const parameters = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])]
      return asAccount(join(dirname(initdb), 'postgres'), parameters)
    },
    async (port) => {
      const client = new Client({ connectionString: urlAt(port) })
      try {
        await client.connect()
        return true
      } catch {
        return false
      } finally {
        await client.end().catch(() => {})
      }
    },
  )
  let databases = 0
  return {
    ...server,
    url: urlAt(server.port),
    async createDatabase() {
      const client = new Client({ connectionString: urlAt(server.port) })
      const name = `rushbench_${++databases}`
      await client.connect()
      await client.query(`create database ${name}`)
      await client.end()
      return urlAt(server.port).replace(/postgres$/, name)
    },
  }
}
