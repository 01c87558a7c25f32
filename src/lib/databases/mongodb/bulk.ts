import type { InsertStrategy } from '../port.ts'
import type { MongoConnection } from './connection.ts'

/** The ways in, fastest first. */
export function mongoStrategies(_connection: MongoConnection, _durability: string): InsertStrategy[] {
  return []
}
