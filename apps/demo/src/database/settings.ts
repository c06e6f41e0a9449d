import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Setting } from './setting.entity.js';

/** Values that all replicas agree on. */
@Injectable()
export class Settings {
  constructor(private readonly dataSource: DataSource) {}

  /** The stored value, or, when there is none yet, the given one: whichever replica is first decides for all. */
  async getOrSet(key: string, value: string): Promise<string> {
    const settings = this.dataSource.getRepository(Setting);
    const known = await settings.findOneBy({ key });
    if (known !== null) return known.value;
    await settings
      .createQueryBuilder()
      .insert()
      .values({ key, value })
      .orIgnore()
      .updateEntity(false)
      .execute();
    return (await settings.findOneByOrFail({ key })).value;
  }
}
