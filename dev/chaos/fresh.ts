import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'
import { createClient } from 'redis'
import type { Victim } from './servers.ts'
import type { Engine } from './systems.ts'

/** Makes an empty database on a server, and returns the way to it. */
export async function freshDatabase(engine: Engine, server: Victim, name: string): Promise<Victim> {
  await makers[engine](server.directUrl, name)
  if (engine === 'redis') return server
  const at = (url: string): string => Object.assign(new URL(url), { pathname: `/${name}` }).toString()
  return { ...server, url: at(server.url), directUrl: at(server.directUrl) }
}

const makers: Readonly<Record<Engine, (url: string, name: string) => Promise<unknown>>> = {
  sqlite: async () => {},
  async postgres(url, name) {
    const client = new Client({ connectionString: url })
    await client.connect()
    await client.query(`create database ${name}`)
    await client.end()
  },
  async mariadb(url, name) {
    const connection = await createConnection(url)
    await connection.query(`create database ${name}`)
    await connection.end()
  },
  // It makes one when it is written to.
  ferretdb: async () => {},
  async redis(url) {
    const client = createClient({ url })
    await client.connect()
    await client.flushAll()
    client.destroy()
  },
}
