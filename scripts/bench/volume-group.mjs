// Where the first extent lies behind 16 MiB of metadata, and the size of an extent, in sectors of 512 bytes.
const firstExtent = 34_816;
const extentSectors = 128;

/**
 * A volume group of `count` linear volumes, one extent each, in the format of vgcfgrestore(8), and the device-mapper
 * names of its volumes. `uuid` is that of its physical volume.
 */
export function volumeGroup({ group, uuid, count, diskSectors }) {
  const volumes = Array.from({ length: count }, (_, index) => `v${index}`);
  const text = `contents = "Text Format Volume Group"
version = 1
${group} {
  id = "${lvmId('G', 0)}"
  seqno = 1
  format = "lvm2"
  status = ["RESIZEABLE", "READ", "WRITE"]
  flags = []
  extent_size = ${extentSectors}
  max_lv = 0
  max_pv = 0
  physical_volumes {
    pv0 {
      id = "${uuid}"
      status = ["ALLOCATABLE"]
      flags = []
      dev_size = ${diskSectors}
      pe_start = ${firstExtent}
      pe_count = ${Math.floor((diskSectors - firstExtent) / extentSectors)}
    }
  }
  logical_volumes {
${volumes.map(volume).join('')}  }
}
`;
  return { text, names: volumes.map((name) => `${group}-${name}`) };
}

function volume(name, extent) {
  return `    ${name} {
      id = "${lvmId('V', extent)}"
      status = ["READ", "WRITE", "VISIBLE"]
      flags = []
      segment_count = 1
      segment1 {
        start_extent = 0
        extent_count = 1
        type = "striped"
        stripe_count = 1
        stripes = ["pv0", ${extent}]
      }
    }
`;
}

// 32 characters in LVM's groups of 6-4-4-4-4-4-6.
function lvmId(prefix, number) {
  const id = prefix + String(number).padStart(31, '0');
  return id.replace(/^(.{6})(.{4})(.{4})(.{4})(.{4})(.{4})(.{6})$/, '$1-$2-$3-$4-$5-$6-$7');
}
