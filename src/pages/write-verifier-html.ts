import { writeFileSync } from 'node:fs'
import { verifierHtml } from './verifier-html.ts'

/** `npm run verifier:html -- FILE`: writes the verifier as one page that runs from a disk, and prints its SHA-256. */
const [file, ...others] = process.argv.slice(2)
if (file === undefined || others.length > 0) {
  console.error('usage: npm run verifier:html -- FILE')
  process.exitCode = 2
} else {
  const { body, hash } = verifierHtml()
  writeFileSync(file, body)
  console.log(`${hash}  ${file}`)
}
