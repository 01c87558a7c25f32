import type { AnyTable } from '../../ports/database.ts'
import { chatTables } from './chat/tables.ts'
import { imageTables } from './image/tables.ts'
import { postTables } from './post/tables.ts'
import { relayTables } from './relay.ts'
import { sagaTables } from './saga/tables.ts'
import { userTables } from './user/tables.ts'

/** The tables of all services; each reads and writes its own alone. */
export const meetupTables: readonly AnyTable[] = [
  ...userTables,
  ...postTables,
  ...chatTables,
  ...imageTables,
  ...sagaTables,
  ...relayTables,
]
