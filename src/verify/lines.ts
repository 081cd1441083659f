/** A line of a ledger has 128 characters; an event of the audit log seldom more than a thousand. */
const MAX_LINE = 4_000_000

/**
 * Splits a stream of UTF-8 into lines at line feeds, and holds one line at a time. The last line may lack its line feed.
 *
 * @throws Error for bytes that are no UTF-8, and for a line of more than 4,000,000 characters
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let rest = ''
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true })
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > MAX_LINE) throw new Error(`a line has more than ${MAX_LINE} characters`)
    yield* lines
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}

/** Chunks of a web stream. Not every browser can iterate over a stream itself. */
export async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
  } finally {
    await reader.cancel()
  }
}
