import type { AnyTable, Table } from '../../../src/lib/ports/database.ts'
import { tables } from './tables.ts'

interface Note {
  readonly id: string
  readonly text: string
  readonly more: string
}

/** Alone, and reported: MySQL partitions no table with foreign keys in either direction. */
const notes: Table<Note> = {
  name: 'notes',
  columns: { id: { type: 'ascii', length: 36 }, text: { type: 'text', maxLength: 20_000 }, more: { type: 'json' } },
  primaryKey: 'id',
  unique: [],
  indexes: [],
  references: [],
  watched: true,
}
/** Parents before children. */
export const withNotes: readonly AnyTable[] = [...tables, notes]

/** Statements that alter the tables behind rushbench's back, and what it must report of them. */
export interface Alteration {
  readonly name: string
  readonly sql: readonly string[]
  readonly differences?: readonly string[]
  readonly extras?: readonly string[]
}

const moreIndexes: Alteration = {
  name: 'an index more',
  sql: ['create index by_holder on seats (holder, show_id)'],
  extras: ['seats: index by_holder (holder, show_id)'],
}
const oneEach: Alteration = {
  name: 'a unique index that refuses what ours takes',
  sql: ['create unique index one_each on seats (show_id)'],
  differences: ['seats has unique index one_each (show_id), which may refuse rows'],
}
const moreColumns: Alteration = {
  name: 'columns more',
  sql: [
    'alter table shows add column remark varchar(20)',
    "alter table shows add column kind varchar(20) not null default 'x'",
  ],
  extras: ['shows: column remark', 'shows: column kind'],
}

const required: Alteration = {
  name: 'a column more that no row can leave out',
  sql: ['alter table shows add column must bigint not null'],
  differences: ['shows has column must bigint not null, which may refuse rows'],
}

const check: Alteration = {
  name: 'a check',
  sql: ['alter table shows add constraint positive check (free >= 0)'],
  differences: ['shows has check positive (free >= 0), which may refuse rows'],
}

const bin = 'character set utf8mb4 collate utf8mb4_bin'
const asciiBin = 'character set ascii collate ascii_bin'

/** Alterations for both engines that speak MySQL's protocol. */
const ofMysql: readonly Alteration[] = [
  {
    ...check,
    sql: [
      ...check.sql,
      'alter table shows add constraint gone check (capacity > 1)',
      'alter table shows drop constraint gone',
    ],
    differences: ['shows has check positive (`free` >= 0), which may refuse rows'],
  },
  moreIndexes,
  oneEach,
  moreColumns,
  required,
  {
    name: 'an index that is gone',
    sql: ['drop index shows_free_index on shows'],
    differences: ['shows lacks index (free)'],
  },
  {
    name: 'columns of other types',
    sql: [
      `alter table shows modify title varchar(50) ${bin} null`,
      'alter table shows modify capacity int(11) unsigned not null',
      'alter table seats modify holder varchar(64) character set utf8mb4 collate utf8mb4_general_ci not null',
    ],
    differences: [
      'shows has column capacity int unsigned not null, and not bigint not null',
      `shows has column title varchar(50) ${bin} null, and not varchar(200) ${bin} not null`,
      `seats has column holder varchar(64) character set utf8mb4 collate utf8mb4_general_ci not null, and not varchar(64) ${bin} not null`,
    ],
  },
  {
    name: 'a reference that is gone',
    sql: ['alter table seats drop foreign key seats_show_id_fk'],
    differences: ['seats lacks reference (show_id) to shows (id)'],
  },
  {
    name: 'a reference that removes rows',
    sql: [
      'alter table seats drop foreign key seats_show_id_fk',
      'alter table seats add constraint mine foreign key (show_id) references shows (id) on delete cascade',
    ],
    differences: ['seats has reference (show_id) to shows (id) on delete cascade, and not (show_id) to shows (id)'],
  },
  {
    name: 'a key of the first letters',
    sql: ['drop index seats_holder_unique on seats', 'create unique index short on seats (holder(3))'],
    differences: [
      'seats lacks unique index (holder)',
      'seats has unique index short (holder(3)), which may refuse rows',
    ],
  },
  { name: 'another engine', sql: ['alter table notes engine = MyISAM'], extras: ['notes: storage engine MyISAM'] },
  {
    name: 'partitions',
    sql: ['alter table notes partition by key (id) partitions 3'],
    extras: ['notes: 3 partitions: p0, p1, p2'],
  },
  {
    name: 'another primary key',
    sql: [`alter table notes add column part int not null default 0, drop primary key, add primary key (id, part)`],
    differences: ['notes has primary key (id, part), and not (id)'],
    extras: ['notes: column part'],
  },
  {
    name: 'types as others write them',
    sql: [
      'alter table shows modify capacity bigint(10) not null',
      `alter table notes modify id char(36) ${asciiBin} not null`,
    ],
  },
]

const unused = (word: string): Alteration => ({
  name: 'an index that no query uses',
  sql: [`alter table shows alter index shows_free_index ${word}`],
  differences: ['shows has index (free) invisible, and not (free)'],
})

/** Alterations by engine. */
export const alterations: Readonly<Record<string, readonly Alteration[]>> = {
  sqlite: [
    moreIndexes,
    oneEach,
    moreColumns,
    {
      name: 'an index that is gone',
      sql: ['drop index shows_free_index'],
      differences: ['shows lacks index (free)'],
    },
    {
      name: 'an index of some rows',
      sql: ['drop index shows_free_index', 'create index shows_free_index on shows (free) where free > 0'],
      differences: ['shows has index (free) where ..., and not (free)'],
    },
    {
      name: 'a column of another name',
      sql: ['alter table shows rename column title to headline'],
      differences: [
        'shows lacks column title text not null',
        'shows has column headline text not null, which may refuse rows',
      ],
    },
    {
      name: 'a table that was made anew, without its reference and its key',
      sql: [
        'drop table seats',
        'create table seats (/* MARK */ id text not null primary key, holder varchar(64) not null, show_id int) without rowid',
        'create index mine on seats (show_id)',
      ],
      differences: [
        'seats has column show_id integer null, and not integer not null',
        'seats lacks unique index (holder)',
        'seats lacks reference (show_id) to shows (id)',
      ],
    },
    {
      name: 'a check',
      sql: ['alter table shows add column price integer check (price > (0)) /* check (price) */'],
      differences: ['shows has check (price > (0)), which may refuse rows'],
      extras: ['shows: column price'],
    },
    {
      name: 'a trigger',
      sql: ['create trigger log after insert on seats begin select 1; end'],
      extras: ['seats: trigger log'],
    },
  ],
  mariadb: [
    ...ofMysql,
    unused('ignored'),
    {
      name: 'documents that may be no JSON',
      sql: [`alter table notes modify more longtext ${bin} not null`],
      differences: ['notes lacks check (json_valid(`more`))'],
    },
  ],
  mysql: [
    ...ofMysql,
    unused('invisible'),
    {
      name: 'a check that is not enforced',
      sql: ['alter table shows add constraint positive check (free >= 0) not enforced'],
    },
  ],
  postgres: [
    moreIndexes,
    oneEach,
    moreColumns,
    required,
    {
      name: 'an index that is gone',
      sql: ['drop index shows_free_index'],
      differences: ['shows lacks index (free)'],
    },
    {
      name: 'an index of some rows, one of another kind, and a column that is computed',
      sql: [
        'drop index shows_free_index',
        'create index free_ones on shows (free) where free > 0',
        'create index hashed on seats using hash (show_id)',
        'alter table shows add column taken bigint generated always as (capacity - free) stored',
      ],
      differences: ['shows has index (free) where (free > 0), and not (free)'],
      extras: ['shows: column taken', 'seats: index hashed (show_id) using hash'],
    },
    {
      name: 'indexes on what is computed, in another order, and with more columns',
      sql: [
        'create index lower_holder on seats (lower(holder), show_id desc)',
        'alter table seats drop constraint seats_holder_unique',
        'create unique index mine on seats (holder) include (show_id)',
      ],
      extras: ['seats: index lower_holder (lower(holder::text), show_id desc)'],
    },
    {
      name: 'columns of other types',
      sql: [
        'alter table shows alter column title type varchar(50)',
        'alter table seats alter column holder drop not null',
        'alter table seats alter column holder type text collate "C"',
      ],
      differences: [
        'shows has column title varchar(50) not null, and not varchar(200) collate "C" not null',
        'seats has column holder text collate "C" null, and not varchar(64) collate "C" not null',
      ],
    },
    {
      name: 'a reference that is gone',
      sql: ['alter table seats drop constraint seats_show_id_fk'],
      differences: ['seats lacks reference (show_id) to shows (id)'],
    },
    {
      name: 'a reference that nothing was held against',
      sql: [
        'alter table seats drop constraint seats_show_id_fk',
        'alter table seats add constraint mine foreign key (show_id) references shows (id) on delete cascade not valid',
      ],
      differences: [
        'seats has reference (show_id) to shows (id) on delete cascade not valid, and not (show_id) to shows (id)',
      ],
    },
    check,
    {
      name: 'a check of new rows, and an exclusion',
      sql: [
        'alter table shows add constraint fresh check (capacity > 0) not valid',
        'alter table seats add constraint alone exclude using hash (show_id with =)',
      ],
      differences: [
        'shows has check fresh (capacity > 0) NOT VALID, which may refuse rows',
        'seats has check alone EXCLUDE USING hash (show_id WITH =), which may refuse rows',
      ],
      extras: ['seats: index alone (show_id) using hash'],
    },
    {
      name: 'what drops or hides rows, or loses them in a crash',
      sql: [
        'create rule quiet as on insert to seats do instead nothing',
        'alter table shows enable row level security',
        'alter table notes set unlogged',
      ],
      extras: ['shows: row level security enabled', 'seats: rule quiet', 'notes: persistence unlogged'],
    },
    {
      name: 'a trigger that is disabled',
      sql: ['alter table notes disable trigger user'],
      differences: ['deleted', 'inserted', 'truncated'].map((what) => `notes lacks trigger rushbench_notes_${what}`),
    },
    {
      name: 'partitions',
      sql: [
        'alter table seats rename to old_seats',
        'create table seats (like old_seats) partition by hash (id)',
        'create table s0 partition of seats for values with (modulus 2, remainder 0)',
        'create table s1 partition of seats for values with (modulus 2, remainder 1)',
        'drop table old_seats',
        'alter table seats add primary key (id)',
        'create index by_show on seats (show_id)',
        'alter table seats add foreign key (show_id) references shows (id)',
        "comment on table seats is 'MARK'",
      ],
      differences: ['seats lacks unique index (holder)'],
      extras: ['seats: 2 partitions: s0, s1'],
    },
  ],
}
