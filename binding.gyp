{
  'targets': [
    {
      'target_name': 'devmapper',
      # A warning is an error in scripts/build-native, and nothing that a user's newer compiler may end with.
      'variables': { 'werror%': 0 },
      # CMakeLists.txt names the same files; scripts/check compares both lists with native/.
      'sources': [
        'native/addon.cc',
        'native/control.cc',
        'native/driver.cc',
        'native/engine.cc',
        'native/events.cc',
        'native/filesystem.cc',
        'native/job.cc',
        'native/libdm.cc',
        'native/libdm_answer.cc',
        'native/libdm_api.cc',
        'native/marshal.cc',
        'native/redact.cc',
        'native/session.cc',
        'native/thread.cc'
      ],
      'dependencies': ["<!(node -p \"require('node-addon-api').targets\"):node_addon_api_except"],
      'defines': [
        # That of the oldest Node that package.json names; node-gyp would take the newest that the builder's Node has.
        'NAPI_VERSION=8',
        'NODE_ADDON_API_DISABLE_DEPRECATED',
        'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS'
      ],
      'cflags': ['-fvisibility=hidden', '-ffunction-sections', '-fdata-sections'],
      'cflags_cc!': ['-std=gnu++17', '-std=gnu++20'],
      'cflags_cc': ['-std=c++17', '-Wall', '-Wextra', '-Wformat', '-Wnon-virtual-dtor', '-pedantic'],
      # libstdc++ inside: the addon then runs with every libstdc++, or none, on the machine of its user.
      'ldflags': ['-Wl,--gc-sections', '-static-libstdc++', '-static-libgcc'],
      'libraries': ['-ldl', '-lpthread'],
      'conditions': [['werror==1', { 'cflags_cc': ['-Werror'] }]],
      'configurations': {
        'Debug': { 'defines': ['NODE_ADDON_API_ENABLE_TYPE_CHECK_ON_AS'] }
      }
    }
  ]
}
