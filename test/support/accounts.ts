import { execFileSync } from 'node:child_process';
import { userInfo } from 'node:os';
import type { Account } from '../../src/local/postgres/account.ts';

export const isRoot = process.getuid?.() === 0;

/** Accounts that a test can run a process as: for root itself and two others, else only the current one. */
export const accounts: readonly { readonly name: string; readonly account: Account | undefined }[] = isRoot
  ? [
      { name: 'root', account: undefined },
      { name: 'postgres', account: accountNamed('postgres') },
      { name: 'nobody', account: accountNamed('nobody') },
    ]
  : [{ name: userInfo().username, account: undefined }];

export function accountNamed(name: string): Account {
  const id = (option: string): number => Number(execFileSync('id', [option, name], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
