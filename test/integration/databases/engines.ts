import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { createConnection } from 'mysql2/promise'
import { mongodb } from '../../../src/lib/databases/mongodb/index.ts'
import { mysql } from '../../../src/lib/databases/mysql/index.ts'
import type { DatabaseAdapter } from '../../../src/lib/databases/port.ts'
import { sqlite } from '../../../src/lib/databases/sqlite/index.ts'
import { findService } from '../../services.ts'

/** An engine that the contract suites run on. */
export interface TestEngine {
  readonly name: string
  readonly traits: DatabaseAdapter['traits']
  /** Empty databases of its own, as URLs; null when the server is missing. */
  readonly open: (() => Promise<TestDatabase>) | null
}

export interface TestDatabase {
  readonly url: string
  remove(): Promise<void>
}

async function openSqliteFile(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-'))
  return { url: `sqlite:${join(folder, 'test.db')}`, remove: () => rm(folder, { recursive: true }) }
}

async function openMysqlDatabase(server: string): Promise<TestDatabase> {
  const name = `rushbench_${randomUUID().slice(0, 8)}`
  const administrate = async (sql: string) => {
    const connection = await createConnection(server)
    await connection.query(sql)
    await connection.end()
  }
  await administrate(`create database ${name}`)
  const url = new URL(server)
  url.pathname = name
  return { url: url.toString(), remove: () => administrate(`drop database ${name}`) }
}

async function openMongoDatabase(server: string): Promise<TestDatabase> {
  const url = new URL(server)
  url.pathname = `rushbench_${randomUUID().slice(0, 8)}`
  return {
    url: url.toString(),
    async remove() {
      await using client = new MongoClient(url.toString())
      await client.db().dropDatabase()
    },
  }
}

const mariadb = await findService('mariadb')
const ferretdb = await findService('ferretdb')

export const testEngines: readonly TestEngine[] = [
  { name: 'sqlite', traits: sqlite.traits, open: openSqliteFile },
  { name: 'mariadb', traits: mysql.traits, open: mariadb === null ? null : () => openMysqlDatabase(mariadb) },
  { name: 'ferretdb', traits: mongodb.traits, open: ferretdb === null ? null : () => openMongoDatabase(ferretdb) },
]
