import { waitFor } from '../../lab/control-plane/wait.ts';
import type { GrantableRole } from '../../services/user/domain/account.ts';
import type { ShopApi } from './shop-api.ts';

/** Everybody's password: in this repository, so it is for shops of the profile Development only. */
export const seedPassword = 'try the demonstration shop';

export interface SeedUser {
  readonly email: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly roles: readonly GrantableRole[];
}

/** Two customers, and one person for each role of the staff. */
export const seedUsers: readonly SeedUser[] = [
  { email: 'customer@example.com', givenName: 'Clara', familyName: 'Customer', roles: ['customer'] },
  { email: 'customer2@example.com', givenName: 'Carl', familyName: 'Customer', roles: ['customer'] },
  { email: 'support@example.com', givenName: 'Sam', familyName: 'Support', roles: ['customer', 'support'] },
  { email: 'catalog@example.com', givenName: 'Cato', familyName: 'Catalog', roles: ['customer', 'catalog-manager'] },
  { email: 'warehouse@example.com', givenName: 'Willa', familyName: 'Warehouse', roles: ['customer', 'warehouse'] },
  { email: 'admin@example.com', givenName: 'Ada', familyName: 'Admin', roles: ['customer', 'admin'] },
];

const accountTimeoutMs = 10_000;

/** Registers who is missing and gives everybody their roles. Accounts that are there keep their passwords. */
export async function seedAccounts(api: ShopApi, tell: (text: string) => void): Promise<string> {
  let added = 0;
  for (const user of seedUsers) {
    tell(user.email);
    const present = await findAccount(api, user.email);
    added += present === undefined ? 1 : 0;
    await giveRoles(api, present ?? (await register(api, user)), user.roles);
  }
  return added === 0 ? 'all of them were there' : `${added} registered`;
}

type Account = Readonly<Record<string, unknown>>;

async function findAccount(api: ShopApi, email: string): Promise<Account | undefined> {
  const [account] = await api.all(`/api/v1/users?email=${encodeURIComponent(email)}`);
  return account;
}

async function register(api: ShopApi, { roles: _roles, ...user }: SeedUser): Promise<Account> {
  await api.post('/api/v1/users', { ...user, password: seedPassword }, [202]);
  return waitFor(`the account ${user.email}`, () => findAccount(api, user.email), {
    timeoutMs: accountTimeoutMs,
    explain: () =>
      'It was registered and waits for the link in a mail: services.user.env APP_EMAIL_VERIFICATION must be off, as it is in the profile Development unless the manifest says otherwise.',
  });
}

async function giveRoles(api: ShopApi, account: Account, roles: readonly GrantableRole[]): Promise<void> {
  // `as`: the API description says so.
  const present = account['roles'] as readonly string[];
  if (present.toSorted().join(' ') === roles.toSorted().join(' ')) return;
  await api.request('PUT', `/api/v1/users/${String(account['id'])}/roles`, {
    body: { roles },
    headers: { 'if-match': `"v${String(account['version'])}"` },
  });
}
