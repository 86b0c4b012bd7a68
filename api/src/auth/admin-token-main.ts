/** `npm run admin-token -- NAME ROLE`: makes an admin's token and the entry of `ADMIN_TOKENS` that lets it in. */
import {
  adminEntryOf,
  adminRoles,
  isAdminName,
  isAdminRole,
  newAdminToken,
} from '@flash-sale/shared/admin-entry.ts'

const usage = `npm run admin-token -- NAME ROLE
  NAME  1 to 32 letters, digits, . _ @ -; tells tokens apart in the configuration
  ROLE  ${adminRoles.join(' or ')}
`

const [name = '', role = '', ...more] = process.argv.slice(2)

if (name === '--help') {
  process.stdout.write(usage)
} else if (!isAdminName(name) || !isAdminRole(role) || more.length > 0) {
  process.stderr.write(
    `expected a name and a role, got ${JSON.stringify([name, role, ...more].join(' ').trim())}\n\n${usage}`,
  )
  process.exitCode = 2
} else {
  const token = newAdminToken()
  process.stdout.write(
    `Token, shown this once; give it to ${name}:\n  ${token}\n\n` +
      `Entry for ADMIN_TOKENS (commas between entries):\n  ${adminEntryOf(name, role, token)}\n`,
  )
}
