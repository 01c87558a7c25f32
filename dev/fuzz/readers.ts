import type { Reader } from './reader.ts'
import { gatewayReaders } from './readers/gateway.ts'
import { messageReaders } from './readers/messages.ts'
import { queueReaders } from './readers/queue.ts'
import { responseReaders } from './readers/responses.ts'
import { savedReaders } from './readers/saved.ts'
import { scriptReaders } from './readers/scripts.ts'
import { settingReaders } from './readers/settings.ts'
import { urlReaders } from './readers/urls.ts'

/** Everything that reads what comes from outside. */
export const readers: readonly Reader[] = [
  ...responseReaders,
  ...gatewayReaders,
  ...queueReaders,
  ...savedReaders,
  ...scriptReaders,
  ...settingReaders,
  ...urlReaders,
  ...messageReaders,
]

/** The reader of that name. */
export function findReader(name: string): Reader | undefined {
  return readers.find((reader) => reader.name === name)
}
