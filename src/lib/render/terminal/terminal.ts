import { formatTable, plain } from '../../base/format.ts'
import type { ScreenBlock, Document, Line } from '../document/document.ts'
import { drawChart } from './draw-chart.ts'

/** How good and bad news are coloured; the identity where there are no colours. */
export type Paint = Readonly<Record<'good' | 'bad' | 'faint' | 'bold', (text: string) => string>>

const defaultWidth = 80
const labelWidth = 11

/** A document for a screen, its charts at most `width` characters wide. */
export function terminalText({ screen }: Pick<Document, 'screen'>, paint: Paint, width = defaultWidth): string {
  const blocks = screen.map((block) =>
    joinShown(
      block.map((item) => itemText(item, paint, width)),
      '\n',
    ),
  )
  return joinShown(blocks, '\n\n')
}

/** Joins texts; one that is empty, as a chart of a single point is, takes no room. */
function joinShown(texts: readonly string[], separator: string): string {
  return texts.filter((text) => text !== '').join(separator)
}

function itemText(item: ScreenBlock[number], paint: Paint, width: number): string {
  if ('head' in item) return formatTable(item.head, item.rows, item.numeric)
  return 'series' in item ? drawChart(item, width) : lineText(item, paint)
}

function lineText({ label, value, text = '', tone }: Line, paint: Paint): string {
  const toned = (part: string) => (tone === undefined ? plain(part) : paint[tone](plain(part)))
  if (label === undefined) return value === undefined ? toned(text) : `${toned(value)}${plain(text)}`
  const gap = ' '.repeat(labelWidth - label.length)
  return value === undefined ? `${toned(label)}${gap}${plain(text)}` : `${label}${gap}${toned(value)}${plain(text)}`
}
