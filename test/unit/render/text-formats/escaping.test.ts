import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csvCell, escapeXml } from '../../../../src/lib/render/text-formats/csv-and-junit.ts'
import { escapeMarkdown, markdownTable } from '../../../../src/lib/render/text-formats/markdown.ts'
import { escapeHtml, jsonForScript } from '../../../../src/lib/render/html/html.ts'

/** Any text, and more often than not some that means something to one of the formats. */
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('<', '>', '&', '"', "'", '</script>', '<!--', ']]>', '|', '`', '\\', '@me', '\n', ',', '=1'))
    .map((parts) => parts.join('')),
)

// oxlint-disable-next-line no-control-regex -- they are what must be gone
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g

describe('escapeHtml', () => {
  it('leaves nothing that is markup, and nothing that is lost', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const escaped = escapeHtml(text)
        expect(escaped).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39);)/)
        expect(escaped).not.toMatch(controls)
        expect(unescape(escaped)).toBe(unescape(escapeHtml(unescape(escaped))))
      }),
    )
    expect(escapeHtml(`<b class="x" id='y'>&amp;`)).toBe('&lt;b class=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;')
  })
})

function unescape(text: string): string {
  const characters: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", apos: "'" }
  return text.replaceAll(/&([a-z#0-9]+);/g, (_, name: string) => characters[name] ?? '?')
}

describe('jsonForScript', () => {
  it('holds the data and nothing that could end the script', () => {
    fc.assert(
      fc.property(fc.jsonValue(), texts, (value, text) => {
        const json = jsonForScript([value, text])
        expect(json).not.toContain('<')
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify([value, text])))
      }),
    )
  })
})

describe('escapeXml', () => {
  it('leaves only what XML 1.0 allows, on one line', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const escaped = escapeXml(text)
        expect(escaped).not.toMatch(/[<>"'\n\r\ufffe\uffff]|&(?!(amp|lt|gt|quot|apos);)/)
        expect(escaped).not.toMatch(controls)
        expect(escaped.isWellFormed()).toBe(true)
      }),
    )
    expect(escapeXml(`a<b & "c"`)).toBe('a&lt;b &amp; &quot;c&quot;')
  })
})

describe('escapeMarkdown', () => {
  it('escapes every character that could be markup, once', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const escaped = escapeMarkdown(text).replaceAll('@<!-- -->', '@')
        expect(escaped.replaceAll(/\\[\\`*_[\]<>#|~&$]/g, '')).not.toMatch(/[\\`*_[\]<>#|~&$\n]/)
      }),
    )
    expect(escapeMarkdown('**a** | <img> @all\n# b')).toBe(String.raw`\*\*a\*\* \| \<img\> @<!-- -->all \# b`)
  })
})

describe('markdownTable', () => {
  it('has as many lines and columns as it was given, whatever the cells hold', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(texts, texts)), (rows) => {
        const lines = markdownTable({ head: ['a', 'b'], rows, numeric: [1] }).split('\n')
        expect(lines).toHaveLength(rows.length + 2)
        for (const line of lines) expect(line.replaceAll(/\\\\|\\\|/g, '').split('|')).toHaveLength(4)
      }),
    )
    expect(markdownTable({ head: ['name', 'times'], rows: [['a|b', '1']], numeric: [1] })).toBe(
      '| name | times |\n| --- | ---: |\n| a\\|b | 1 |',
    )
  })
})

describe('csvCell', () => {
  it.each([
    [1.5, '1.5'],
    [-2, '-2'],
    [null, ''],
    [undefined, ''],
    ['a,b', '"a,b"'],
    ['a "b"\n', '"a ""b""\n"'],
    ['=cmd()', "'=cmd()"],
    ['@x,y', `"'@x,y"`],
  ])('writes %j as %s', (value, expected) => expect(csvCell(value)).toBe(expected))
})
