import { count, list, object, text } from './fields.ts'

/** What the table held after a seeding, where that was asked for. */
export const Verified = object('what the whole table held afterwards, as expected', {
  rows: count('in the table'),
  checksum: text('sum of the hashes of all rows, 64 bits in hexadecimal'),
})

/** Who stored the rows of a seeding that was spread over workers. */
export const SeedWorkers = list(
  "where others stored the rows; a block whose worker was lost before it could say so is nobody's",
  object('one worker', {
    name: text('what it is called'),
    blocks: count('stored'),
    rows: count('stored'),
  }),
)
