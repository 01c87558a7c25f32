// A rule for oxlint: every regular expression takes time in proportion to the text that it reads, whatever that text is.
import { analyse } from 'scslre'

/** Why an expression may take more than linear time; null where it does not. */
export function findSlowness(source, flags) {
  const reportTypes = { Move: true, Self: true, Trade: true }
  const { reports } = analyse({ source, flags }, { maxReports: 1, reportTypes })
  const [found] = reports
  if (!found) return null
  const size = found.exponential ? 'exponential' : 'polynomial'
  const quantifiers = found.type === 'Trade' ? [found.startQuant, found.endQuant] : [found.quant]
  return `${size} time over repeated ${found.character.literal.source}, by ${quantifiers.map(({ raw }) => raw).join(' and ')}`
}

/** A text that begins as the pattern of a schema does; other texts may be anything. */
const isPattern = (text) => typeof text === 'string' && text.startsWith('^') && text.length > 1

function create(context) {
  function check(node, source, flags) {
    const why = findSlowness(source, flags)
    if (why === null) return
    context.report({ node, message: `This takes ${why}: write it so that no character can be read in two ways.` })
  }

  return {
    Literal(node) {
      if (node.regex) check(node, node.regex.pattern, node.regex.flags)
      else if (isPattern(node.value)) check(node, node.value, 'u')
    },
    TemplateLiteral(node) {
      const [only, ...others] = node.quasis
      if (others.length === 0 && isPattern(only.value.raw)) check(node, only.value.raw, 'u')
    },
  }
}

export default { meta: { name: 'house' }, rules: { 'linear-expressions': { create } } }
