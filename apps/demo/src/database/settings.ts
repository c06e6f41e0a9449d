import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Setting } from './setting.entity.js';

/** Values that all replicas share. */
@Injectable()
export class Settings {
  constructor(private readonly dataSource: DataSource) {}

  /** Returns the stored value. If there is none, stores and returns the given one: the first replica decides. */
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
