/** Ids on their way into paths. */

/** The id, if it is written as ids are: anything else could lead to another path. */
export function identified(id: string): string {
    if (!/^\w+$/.test(id)) throw new TypeError(`${JSON.stringify(id)} is not an id`);
    return id;
}
