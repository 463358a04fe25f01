/** The avatar someone brought along, kept in this browser (IndexedDB) and nowhere else. */

export interface KeptAvatar {
  /** The file's name. */
  readonly name: string;
  readonly bytes: ArrayBuffer;
}

const DATABASE = 'stream-engine';
const STORE = 'avatars';
const KEY = 'own';

/** @throws DOMException where the browser stores nothing for this page. */
export async function keepAvatar(avatar: KeptAvatar): Promise<void> {
  await transact('readwrite', (store) => store.put(avatar, KEY));
}

/** @returns null where none was kept, or this browser stores nothing. */
export async function keptAvatar(): Promise<KeptAvatar | null> {
  try {
    const found: unknown = await transact('readonly', (store) => store.get(KEY));
    return isKept(found) ? found : null;
  } catch {
    // A private window: nothing is kept, and nothing is missed.
    return null;
  }
}

export async function forgetAvatar(): Promise<void> {
  await transact('readwrite', (store) => store.delete(KEY));
}

function isKept(value: unknown): value is KeptAvatar {
  const kept = value as Partial<KeptAvatar> | null | undefined;
  return typeof kept?.name === 'string' && kept.bytes instanceof ArrayBuffer;
}

async function transact(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      // Written is what the transaction has completed: a full disk shows only there.
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
