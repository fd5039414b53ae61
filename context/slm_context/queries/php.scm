(function_definition name: (name) @name) @function
(class_declaration name: (name) @name) @class
(interface_declaration name: (name) @name) @class
(trait_declaration name: (name) @name) @class
(method_declaration name: (name) @name) @method
(namespace_use_declaration) @import
