import { Type, type Static } from 'typebox'
import { byName, count, list, number, object, orNull, text, textByName } from './fields.ts'

const bytes = (of: string) => orNull(number(`${of}, bytes; null where the server does not tell`))

/** What the database server said of itself. */
export const Server = Type.Optional(
  object('what the database server said of itself when the run ended, as far as it has it and tells', {
    settings: textByName('settings that a reader of the figures asks for first, as the server names them'),
    tables: list(
      'of the workload',
      object('one table', {
        name: text('of the table'),
        rows: orNull(number('as the server estimates them, or counts them where it does; null where it does not tell')),
        bytes: bytes('without its indexes; with the primary key where rows are kept in its order'),
        indexBytes: bytes('of all its indexes'),
        indexes: list(
          'of the table',
          object('one index', { name: text('of the index'), bytes: bytes('of the index') }),
        ),
        extras: Type.Optional(
          list(
            'indexes, partitions, triggers and columns beside those that migrate makes; left out where there are none, or nobody looked',
            text('what it is, its name, and what it is on'),
          ),
        ),
        differences: Type.Optional(
          list(
            'how the table differs from what migrate makes; left out where it does not, or nobody looked',
            text('a sentence on one column, key, index, reference or trigger'),
          ),
        ),
      }),
    ),
    replication: orNull(text('standbys, replicas or nodes; null where the server does not tell')),
    others: orNull(
      byName(
        'who else was connected, by user and program; null where the server does not tell',
        count('connections at that moment'),
      ),
    ),
  }),
)

/** What a report says of the database server; undefined where it says nothing. */
export type ServerRecord = Static<typeof Server> | undefined
