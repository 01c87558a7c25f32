import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import { readNamedFile } from '../../base/named-file.ts'
import { isMissing } from '../../base/parse-values.ts'
import { maxLengths } from './tables.ts'

/** A station, and the days on which it is open. */
export interface Location {
  readonly name: string
  /** The first day, `2021-05-16`. */
  readonly from: string
  readonly days: number
  readonly capacity: number
}

/** Names that a station may have: they stand in paths and, before a slash, in keys. */
export const stationPattern = /^[\p{L}\p{N}][\p{L}\p{N} .&'()-]*$/u

/** The stations that ship with rushbench. The file is as many folders above the sources as above `dist`. */
const ownFile = fileURLToPath(new URL('../../../../fixtures/locations.json', import.meta.url))

const schema = z
  .array(
    z.strictObject({
      name: z.string().max(maxLengths.station).regex(stationPattern).refine(endsInNoSpace, {
        error: 'must not end in a space',
      }),
      from: z.iso.date().refine((date) => date >= '1970' && date < '2100', { error: 'must be from 1970 to 2099' }),
      days: z.int().min(1).max(366),
      capacity: z.int().min(1).max(1_000_000),
    }),
  )
  .min(1)
  .max(200)
  .superRefine((locations, context) => {
    for (const [index, { name }] of locations.entries()) {
      if (locations.findIndex((other) => other.name === name) === index) continue
      context.addIssue({ code: 'custom', path: [index, 'name'], message: `there is another ${name}` })
    }
  })

/** MariaDB takes a text and the same with spaces behind it for equal. */
function endsInNoSpace(name: string): boolean {
  return !name.endsWith(' ')
}

/** Bytes of a file of stations, at most. */
const mostBytes = 64_000_000

/** Reads the stations from a JSON file, or those that ship with rushbench. Throws `locations-unusable`. */
export async function readLocations(file: string | undefined): Promise<readonly Location[]> {
  const path = file ?? ownFile
  const bytes = await readNamedFile(path, mostBytes).catch((error: unknown) => {
    throw failure('locations-unusable', { file: path, reason: reasonOf(error) }, error)
  })
  return parseLocations(bytes.toString(), path)
}

/** The stations in the text of `file`. Throws `locations-unusable`. */
export function parseLocations(text: string, file: string): readonly Location[] {
  const refuse = (reason: string, cause?: unknown) => failure('locations-unusable', { file, reason }, cause)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw refuse(reasonOf(error), error)
  }
  const { data, error } = schema.safeParse(value)
  if (data) return data
  const [issue] = error.issues
  const [index, ...path] = issue?.path ?? []
  const place = index === undefined ? '' : `${[`entry ${Number(index) + 1}`, ...path].join(', ')}: `
  const message = issue?.message ?? ''
  throw refuse(`${place}${isMissing(message) ? 'it is missing' : message}`)
}
