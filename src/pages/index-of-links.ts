/** What a program gets at `/`. */
export const INDEX = {
  openapi: '/openapi.json',
  asyncapi: '/asyncapi.json',
  docs: '/docs',
  lotteries: '/lotteries',
  keys: '/keys',
  audit: '/audit',
  health: '/health/ready',
}

/** Whether the caller is a browser: it names HTML, and gives it at least the weight of JSON. */
export function prefersHtml(accept = ''): boolean {
  const weights = new Map(
    accept.split(',').map((range) => {
      const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
      return [type, weight === undefined ? 1 : Number(weight) || 0]
    }),
  )
  const ofHtml = weights.get('text/html') ?? 0
  return ofHtml > 0 && ofHtml >= (weights.get('application/json') ?? 0)
}
