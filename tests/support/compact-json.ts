const WIDTH = 140

/** JSON with an indent of two, in which every value stands on one line if it fits there. */
export function compactJson(value: unknown, indent = '', taken = 0): string {
  const line = onOneLine(value)
  if (typeof value !== 'object' || value === null || indent.length + taken + line.length < WIDTH) return line
  const inner = `${indent}  `
  if (Array.isArray(value)) {
    return `[\n${value.map((item) => inner + compactJson(item, inner)).join(',\n')}\n${indent}]`
  }
  const members = membersOf(value).map(([name, member]) => {
    const start = `${JSON.stringify(name)}: `
    return inner + start + compactJson(member, inner, start.length)
  })
  return `{\n${members.join(',\n')}\n${indent}}`
}

function onOneLine(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(', ')}]`
  const members = membersOf(value).map(([name, member]) => `${JSON.stringify(name)}: ${onOneLine(member)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

/** The members that JSON.stringify writes. */
function membersOf(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, member]) => member !== undefined)
}
