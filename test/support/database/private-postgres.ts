import { Client } from 'pg'
import { startPrivateService, type PrivateService } from '../private-service.ts'

/** A PostgreSQL of one test file, with an empty database. */
export interface PrivatePostgres extends PrivateService {
  /** The URL of another one. */
  createDatabase(): Promise<string>
}

/** Starts a private PostgreSQL; null, with a line that says what to install, when this machine has none. */
export async function startPrivatePostgres(): Promise<PrivatePostgres | null> {
  const service = await startPrivateService('postgres')
  if (!service) return null
  let databases = 0
  return {
    ...service,
    async createDatabase() {
      const client = new Client({ connectionString: service.url })
      const name = `rushbench_${++databases}`
      await client.connect()
      await client.query(`create database ${name}`)
      await client.end()
      return Object.assign(new URL(service.url), { pathname: `/${name}` }).toString()
    },
  }
}
