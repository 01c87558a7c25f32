import { expect, it } from 'vitest'
import { jsonChecksIn, referencesIn } from '../../../../../src/lib/adapters/databases/mysql/shape.ts'

const text = `CREATE TABLE \`seats\` (
  \`id\` char(36) NOT NULL,
  \`show_id\` bigint(20) NOT NULL,
  \`more\` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL CHECK (json_valid(\`more\`)),
  PRIMARY KEY (\`id\`),
  CONSTRAINT \`seats_show_id_fk\` FOREIGN KEY (\`show_id\`) REFERENCES \`shows\` (\`id\`),
  CONSTRAINT \`odd\`\`one\` FOREIGN KEY (\`a\`, \`b\`) REFERENCES \`other\`.\`of\` (\`x\`, \`y\`) ON DELETE CASCADE ON UPDATE SET NULL
) ENGINE=InnoDB COMMENT='rushbench:x'`

it('reads references as the catalog has them', () => {
  const odd = { of_table: 'seats', name: 'odd`one', parent: 'other.of', on_delete: 'CASCADE', on_update: 'SET NULL' }
  expect(referencesIn('seats', text)).toEqual([
    {
      of_table: 'seats',
      name: 'seats_show_id_fk',
      column_name: 'show_id',
      parent: 'shows',
      parent_column: 'id',
      on_delete: 'RESTRICT',
      on_update: 'RESTRICT',
    },
    { ...odd, column_name: 'a', parent_column: 'x' },
    { ...odd, column_name: 'b', parent_column: 'y' },
  ])
})

it("reads what MariaDB's JSON is checked against", () => {
  expect(jsonChecksIn('seats', text)).toEqual([{ of_table: 'seats', name: 'more', condition: '(json_valid(`more`))' }])
})
